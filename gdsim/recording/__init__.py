"""Recording: frames become files. It is handed what was drawn and draws nothing itself."""
