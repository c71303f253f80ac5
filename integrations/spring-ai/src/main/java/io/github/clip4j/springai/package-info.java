/// CLIP as embedding models of Spring AI, configured by Spring Boot.
@NullMarked
package io.github.clip4j.springai;

import org.jspecify.annotations.NullMarked;
