package io.heddle.cli;

import io.heddle.proto.mapping.StatusMapping;
import io.heddle.proto.v1.ConfigurationChange;
import io.heddle.proto.v1.ConfigureRequest;
import io.heddle.proto.v1.ConfigureResponse;
import io.heddle.proto.v1.Entity;
import io.heddle.proto.v1.Query;
import io.heddle.proto.v1.ReadRequest;
import io.heddle.proto.v1.ReadResponse;
import io.heddle.proto.v1.Update;
import io.heddle.proto.v1.UpdateError;
import io.heddle.proto.v1.WriteRequest;
import io.heddle.proto.v1.WriteResponse;
import java.util.ArrayList;
import java.util.List;

/** Calls that several commands make. */
final class Asks {
    private Asks() {}

    /** An entity and the bridge that it belongs to. */
    record Found(String bridge, Entity entity) {}

    static List<Found> read(Connection connection, String bridge, boolean withText, Query... queries) {
        List<Found> found = new ArrayList<>();
        connection
                .toSwitch()
                .read(ReadRequest.newBuilder()
                        .setBridge(bridge)
                        .setWithText(withText)
                        .addAllQueries(List.of(queries))
                        .build())
                .forEachRemaining((ReadResponse response) -> response.getEntitiesList()
                        .forEach(entity -> found.add(new Found(response.getBridge(), entity))));
        return found;
    }

    /** Prints the refused updates to the error stream; returns the exit status. */
    static int write(Client client, Connection connection, String bridge, List<Update> updates, boolean atomic) {
        WriteResponse response = connection
                .toSwitch()
                .write(WriteRequest.newBuilder()
                        .setBridge(bridge)
                        .addAllUpdates(updates)
                        .setAtomicity(
                                atomic
                                        ? WriteRequest.Atomicity.DATAPLANE_ATOMIC
                                        : WriteRequest.Atomicity.CONTINUE_ON_ERROR)
                        .build());
        for (UpdateError error : response.getErrorsList()) {
            String which = updates.size() == 1 ? "" : "line " + (error.getIndex() + 1) + ": ";
            client.err().println("heddle: " + which + withoutPath(StatusMapping.describe(error.getStatus())));
        }
        return response.getErrorsCount() == 0 ? ExitStatus.OK : ExitStatus.REFUSED;
    }

    /** The user has given one text: where it stood in the request says nothing to them. */
    private static String withoutPath(String description) {
        return description.replaceFirst("^updates\\[\\d+\\]\\.[\\w.\\[\\]]+: ", "");
    }

    /** Applies configuration changes and says what was done. */
    static int configure(Client client, Connection connection, long revision, ConfigurationChange change) {
        ConfigureResponse response = connection
                .toSwitch()
                .configure(ConfigureRequest.newBuilder()
                        .addChanges(change)
                        .setExpectedRevision(revision)
                        .build());
        if (client.isJson()) {
            Json.print(client.out(), response);
        } else {
            response.getAppliedList().forEach(client.out()::println);
        }
        return ExitStatus.OK;
    }
}
