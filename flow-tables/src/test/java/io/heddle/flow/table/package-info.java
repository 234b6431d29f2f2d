/** Tests of flow tables and their transactions. */
@NullMarked
package io.heddle.flow.table;

import org.jspecify.annotations.NullMarked;
