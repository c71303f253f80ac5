/// NumPy's npy format, its npz archives, and directories of npy files as checkpoints (NumPy Enhancement Proposal 1).
@NullMarked
package io.github.clip4j.core.format.npy;

import org.jspecify.annotations.NullMarked;
