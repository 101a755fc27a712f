"""Many small networks trained side by side, in NumPy: one axis counts the members.

Small networks leave a machine idle: a step of one is over before Python has asked for the next.
Here S of them, which differ in their seeds and learning rates, take every step together.
Arrays are (S, H, N) at a step and (T, S, H, N) over time, so that a gate is one block of memory;
a kernel is (S, gates * H, D), the transpose of ours.
Nothing is shared between members: one trained alone ends where it ends among others, as the tests
prove, and its cell is ours.
"""
