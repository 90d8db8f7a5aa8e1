"""Timing of this package beside others: the same network, input and threads for all, in turns.

tasks        what is timed, and how many multiply-adds it needs
material     the network, the pictures and the first steps, made once and handed to every contender
peers        one file for each contender: this package, the reference, and the frameworks that are installed
worker       one contender in a process of its own, pinned to its processors: its calls, timed over and over
run          contenders taking turns: checked equal, then timed, A B A B
table, plot  the result on a terminal, and as a chart
"""
