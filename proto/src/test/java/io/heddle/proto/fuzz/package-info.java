/** Any octets and any text, given to what reads them from outside: by a fuzzer ({@code -Pfuzz}), and from a corpus by ordinary tests. */
@org.jspecify.annotations.NullMarked
package io.heddle.proto.fuzz;
