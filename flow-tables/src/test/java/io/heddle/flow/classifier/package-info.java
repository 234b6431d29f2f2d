/** Tests of the classifier against a linear one. */
@NullMarked
package io.heddle.flow.classifier;

import org.jspecify.annotations.NullMarked;
