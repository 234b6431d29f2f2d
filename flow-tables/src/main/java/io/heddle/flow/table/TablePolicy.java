package io.heddle.flow.table;

/**
 * What a flow table does when it fills up.
 *
 * @param evicts a full table makes room for a new entry by removing one that has a timeout; it refuses the new one otherwise
 * @param hasVacancyEvents listeners are told when the vacancy falls below {@code vacancyDown} or rises above {@code vacancyUp}
 * @param vacancyDown in percent of all places, 0 to 100
 * @param vacancyUp in percent of all places, {@code vacancyDown} to 100
 * @see <a href="https://opennetworking.org/wp-content/uploads/2014/10/openflow-switch-v1.4.1.pdf">OpenFlow 1.4.1 sections 6.5 and 7.3.3</a>
 */
public record TablePolicy(boolean evicts, boolean hasVacancyEvents, int vacancyDown, int vacancyUp) {
    /** What tables do until they are told otherwise. */
    public static final TablePolicy DEFAULT = new TablePolicy(false, false, 0, 0);

    public TablePolicy {
        if (vacancyDown < 0 || vacancyUp > 100 || vacancyDown > vacancyUp) {
            throw new IllegalArgumentException(
                    "vacancy %d to %d is not in 0-100, ascending".formatted(vacancyDown, vacancyUp));
        }
    }
}
