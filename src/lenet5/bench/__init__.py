"""How fast is this package, and how fast is everyone else? The same network, input, threads and minutes for all.

tasks        what is timed, and how many multiply-adds it needs
material     the network, the pictures and the first steps, written down once and read by every contender
peers        one file for each contender: this package, the reference, and the frameworks that are installed
worker       one contender in a process of its own, pinned to its processors, told what to time
timing       a call, timed over and over
run          contenders taking turns: checked equal, then timed, A B A B
table, plot  what came out
"""
