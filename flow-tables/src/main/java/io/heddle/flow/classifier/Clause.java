package io.heddle.flow.classifier;

/**
 * Says that a rule is one of the alternatives of one dimension of a conjunctive match: a packet that matches a rule of every dimension,
 * all of one priority, matches the conjunction.
 *
 * @param conjunction its id, unsigned
 * @param dimension from 0
 * @param dimensions of the conjunction, 2 to 64
 * @see <a href="https://www.openvswitch.org/support/dist-docs/ovs-fields.7.html">ovs-fields(7), "Conjunctive match fields"</a>
 */
public record Clause(int conjunction, int dimension, int dimensions) {
    /** Most dimensions. */
    public static final int MAX_DIMENSIONS = 64;

    public Clause {
        if (dimensions < 2 || dimensions > MAX_DIMENSIONS || dimension < 0 || dimension >= dimensions) {
            throw new IllegalArgumentException("%d/%d is not in 1/2 to 64/64".formatted(dimension + 1, dimensions));
        }
    }
}
