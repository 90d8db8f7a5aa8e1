// The digit that all views share, 28×28 bytes as in MNIST.

export const state = { picture: null };
