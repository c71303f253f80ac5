/// The `clip` command. Its options, JSON and exit codes are a contract: 0 done, 1 something failed, 2 wrong usage.
@NullMarked
package io.github.clip4j.cli;

import org.jspecify.annotations.NullMarked;
