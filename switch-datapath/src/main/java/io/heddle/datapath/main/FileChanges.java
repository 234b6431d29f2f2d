package io.heddle.datapath.main;

import io.heddle.datapath.bridge.ConfigurationChange;
import io.heddle.datapath.bridge.ConfigurationException;
import io.heddle.datapath.bridge.Configurations;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.datapath.bridge.SwitchControl;
import io.heddle.datapath.bridge.SwitchControl.ConfigurationResult;
import io.heddle.datapath.bridge.SwitchControl.Configured;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what has changed in the configuration file into the switch. Everything else stays as it is, also what others change meanwhile.
 *
 * <p>Threading: one thread at a time; not the control loop, which is waited for.
 */
final class FileChanges {
    private static final Logger LOG = LoggerFactory.getLogger("heddle.switch");

    private final SwitchControl control;
    private final FileStateStore store;

    /** What the file said when it was brought in last. */
    private SwitchConfiguration file;

    FileChanges(SwitchControl control, FileStateStore store, SwitchConfiguration file) {
        this.control = control;
        this.store = store;
        this.file = file;
    }

    /** Makes of the switch, of which there is nothing yet, what was saved and what has changed in the file since. */
    void start(SwitchConfiguration said, SwitchConfiguration saved) throws ConfigurationException {
        configure(said, Configurations.merge(file, said, saved), 0);
    }

    /**
     * Brings in what the file says now.
     *
     * @throws ConfigurationException when it is refused; nothing is changed then
     */
    void apply(SwitchConfiguration said) throws ConfigurationException {
        boolean isDone = false;
        while (!isDone) {
            Configured now = control.configuration();
            try {
                configure(said, Configurations.merge(file, said, now.configuration()), now.revision());
                isDone = true;
            } catch (ConfigurationException e) {
                if (e.kind() != ConfigurationException.Kind.CONFLICT) {
                    throw e;
                }
                // Somebody has changed the configuration meanwhile: merge with what they made of it.
            }
        }
    }

    private void configure(SwitchConfiguration said, SwitchConfiguration wanted, long revision)
            throws ConfigurationException {
        store.setFile(said);
        try {
            ConfigurationResult result = control.configure(
                            List.of(new ConfigurationChange.Replace(wanted)), revision, false)
                    .get();
            file = said;
            result.applied().forEach(LOG::info);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            takeBack();
            if (e.getCause() instanceof ConfigurationException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private void takeBack() {
        try {
            store.takeBackFile(file);
        } catch (IOException e) {
            LOG.error("the saved configuration names changes of the file that were refused: {}", e.getMessage());
        }
    }
}
