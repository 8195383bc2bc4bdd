"""What stands around the picture: landscape, runs, readings, play bar."""
