/// JSON read strictly: no comments, no duplicate names, no trailing text, and numbers as they are written.
@NullMarked
package io.github.clip4j.core.format.json;

import org.jspecify.annotations.NullMarked;
