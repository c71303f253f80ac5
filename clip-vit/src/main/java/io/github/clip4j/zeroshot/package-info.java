/// Classification by labels that the model was never trained on (Radford et al. 2021, arXiv:2103.00020 §3.1).
@NullMarked
package io.github.clip4j.zeroshot;

import org.jspecify.annotations.NullMarked;
