#!/usr/bin/env bash
# How does it go without AVX-512? The bench with the kernels compiled for AVX2, and for a plain x86-64.
# The frameworks choose their instructions themselves: PyTorch is told by ATEN_CPU_CAPABILITY and oneDNN by
# ONEDNN_MAX_CPU_ISA, XLA by XLA_FLAGS; ONNX Runtime and OpenVINO's own kernels go on using what the processor has.
#
#   benchmarks/targets.sh [options of `lenet5 bench`]
set -euo pipefail

for target in avx2 plain; do
  if [ "$target" = avx2 ]; then
    features="+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+avx,+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+movbe"
    cpu=haswell aten=avx2 onednn=AVX2 xla=AVX2
  else
    features="+sse,+sse2" cpu=x86-64 aten=default onednn=SSE41 xla=SSE4_2
  fi
  echo "== $target"
  NUMBA_CPU_NAME=$cpu NUMBA_CPU_FEATURES=$features \
    ATEN_CPU_CAPABILITY=$aten ONEDNN_MAX_CPU_ISA=$onednn XLA_FLAGS="--xla_cpu_max_isa=$xla" \
    lenet5 bench "$@"
done
