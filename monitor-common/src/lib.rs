//! What the kernel programs and user space must agree on: the layout of shared data, and the sift logic.
#![no_std]
