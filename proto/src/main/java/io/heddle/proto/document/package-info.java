/**
 * Documents that people write: YAML files, checked against a published JSON schema, with errors that name file, line and path.
 *
 * <p>Threading: everything is immutable once loaded.
 */
@NullMarked
package io.heddle.proto.document;

import org.jspecify.annotations.NullMarked;
