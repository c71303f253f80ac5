/// The layers of a transformer, each reading like its equation. Letters: n tokens, d width, h heads, m rows (the tokens of all sequences).
@NullMarked
package io.github.clip4j.nn;

import org.jspecify.annotations.NullMarked;
