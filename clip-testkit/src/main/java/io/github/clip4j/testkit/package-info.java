/// What the tests of several modules share: seeded random input, bounds on floats, and the reference data's place.
@NullMarked
package io.github.clip4j.testkit;

import org.jspecify.annotations.NullMarked;
