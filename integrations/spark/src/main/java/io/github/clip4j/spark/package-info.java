/// CLIP on Apache Spark.
@NullMarked
package io.github.clip4j.spark;

import org.jspecify.annotations.NullMarked;
