/// PyTorch's own files, `.bin` and `.pt`, read without executing anything in them.
@NullMarked
package io.github.clip4j.core.format.torch;

import org.jspecify.annotations.NullMarked;
