// What do the views share? The digit that is being looked at, 28×28 bytes as MNIST holds it.

export const state = { picture: null };
