"""The plots: landscape, loss and learning rate, the same in the window and in recorded figures."""
