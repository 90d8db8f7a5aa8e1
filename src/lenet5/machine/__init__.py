"""How a kernel becomes machine code and runs: nothing here knows of LeNet-5.

lanes      vectors of float32, and the code that is written for them
compiled   how a kernel is made, by numba and LLVM
native     machine code: kept, loaded and called, without numba
threads    the pool of threads that kernels run on         processes  a pool of processes
peak       the multiply-adds that the processor can do at most
"""
