"""LeNet-5 (1998), exact to the paper."""
