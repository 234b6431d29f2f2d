package io.heddle.datapath.agent.grpc;

import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.ReadResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * What a bridge was at one moment: states as they were read, made into messages one by one when there is room for them.
 *
 * @param bridge empty for what belongs to the process
 * @param revision of the bridge's tables
 */
record Snapshot(String bridge, long revision, List<Section<?>> sections) {
    private static final int ENTITIES_PER_MESSAGE = 128;

    /** The answer to one query. */
    record Section<T>(List<T> states, Function<T, Entity> mapping) {
        Iterator<Entity> entities() {
            Iterator<T> each = states.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return each.hasNext();
                }

                @Override
                public Entity next() {
                    return mapping.apply(each.next());
                }
            };
        }
    }

    /** Every entity, in the order of the queries. */
    Iterator<Entity> entities() {
        Iterator<Section<?>> each = sections.iterator();
        return new Iterator<>() {
            private Iterator<Entity> current = List.<Entity>of().iterator();

            @Override
            public boolean hasNext() {
                while (!current.hasNext() && each.hasNext()) {
                    current = each.next().entities();
                }
                return current.hasNext();
            }

            @Override
            public Entity next() {
                var _ = hasNext();
                return current.next();
            }
        };
    }

    /** One response at least, so that the client learns the revision also when there is nothing. */
    Iterator<ReadResponse> responses() {
        Iterator<Entity> entities = entities();
        return new Iterator<>() {
            private boolean first = true;

            @Override
            public boolean hasNext() {
                return first || entities.hasNext();
            }

            @Override
            public ReadResponse next() {
                first = false;
                ReadResponse.Builder response =
                        ReadResponse.newBuilder().setBridge(bridge).setRevision(revision);
                while (entities.hasNext() && response.getEntitiesCount() < ENTITIES_PER_MESSAGE) {
                    response.addEntities(entities.next());
                }
                return response.build();
            }
        };
    }

    /** The responses of several snapshots, one after the other. */
    static Iterator<ReadResponse> responses(List<Snapshot> snapshots) {
        List<Iterator<ReadResponse>> all = new ArrayList<>();
        snapshots.forEach(snapshot -> all.add(snapshot.responses()));
        Iterator<Iterator<ReadResponse>> each = all.iterator();
        return new Iterator<>() {
            private Iterator<ReadResponse> current = List.<ReadResponse>of().iterator();

            @Override
            public boolean hasNext() {
                while (!current.hasNext() && each.hasNext()) {
                    current = each.next();
                }
                return current.hasNext();
            }

            @Override
            public ReadResponse next() {
                var _ = hasNext();
                return current.next();
            }
        };
    }
}
