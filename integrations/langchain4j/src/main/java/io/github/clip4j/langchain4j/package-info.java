/// CLIP as an embedding model of langchain4j.
@NullMarked
package io.github.clip4j.langchain4j;

import org.jspecify.annotations.NullMarked;
