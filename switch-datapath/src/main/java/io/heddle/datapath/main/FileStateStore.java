package io.heddle.datapath.main;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import io.heddle.datapath.bridge.FlowState;
import io.heddle.datapath.bridge.GroupState;
import io.heddle.datapath.bridge.MeterState;
import io.heddle.datapath.bridge.StateStore;
import io.heddle.datapath.bridge.SwitchConfiguration;
import io.heddle.flow.action.Ports;
import io.heddle.flow.error.FlowException;
import io.heddle.flow.group.GroupMod;
import io.heddle.flow.match.TunnelOptions;
import io.heddle.flow.meter.MeterMod;
import io.heddle.flow.table.FlowMod;
import io.heddle.flow.text.FlowFormatter;
import io.heddle.flow.text.FlowParser;
import io.heddle.flow.text.PortNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * State of the switch in a folder: what it should have, and what its tables hold.
 *
 * <pre>
 *   configuration.json        what there is, and what the configuration file said when it grew out of that
 *   tables/BRIDGE.flows       groups, meters and flows without timeouts, in the syntax of ovs-ofctl
 *   tables/BRIDGE.ports       settings of ports that were changed at run time, by name
 *   tables/BRIDGE.flows.refused  what was saved when some of it could not be loaded
 *   lock                      held while a switch uses the folder
 * </pre>
 *
 * <p>A file is replaced as a whole, by a rename, after its octets are on the disk: a kill at any moment leaves the previous or the new
 * state.
 *
 * <p>Threading: the control loop; before it runs, the main thread. What the file says is set and taken back from any thread.
 */
final class FileStateStore implements StateStore, AutoCloseable {
    /** The components of records are what is saved, not what their methods say of them. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .changeDefaultVisibility(checker -> checker.withIsGetterVisibility(Visibility.NONE))
            .build();

    private static final FlowFormatter FORMATTER = new FlowFormatter(PortNames.NONE);
    private static final FlowParser PARSER = new FlowParser(PortNames.NONE);
    private static final String HEADER =
            "# Tables of a Heddle bridge, format 1. Written by the switch; edits are lost.";
    private static final String OPTION = "tlv ";
    private static final Pattern OPTION_FORM = Pattern.compile(
            "tlv class=(0x[0-9a-f]{1,4}),type=(0x[0-9a-f]{1,2}),len=(\\d{1,3})->tun_metadata(\\d{1,2})");

    /**
     * The content of {@code configuration.json}.
     *
     * @param file what the configuration file said
     * @param current what there is
     */
    record Saved(SwitchConfiguration file, SwitchConfiguration current) {
        static final Saved NOTHING = new Saved(SwitchConfiguration.EMPTY, SwitchConfiguration.EMPTY);
    }

    private final Path folder;
    private final FileChannel lockChannel;
    private final FileLock lock;

    /** What the configuration file says now. Guarded by this. */
    private SwitchConfiguration file = SwitchConfiguration.EMPTY;

    /** What this process has saved last, null before. Guarded by this. */
    private @Nullable Saved last;

    private FileStateStore(Path folder, FileChannel lockChannel, FileLock lock) {
        this.folder = folder;
        this.lockChannel = lockChannel;
        this.lock = lock;
    }

    /**
     * Takes a folder; it is made if it is not there.
     *
     * @throws IOException when it cannot be written, or another switch uses it; the message says which
     */
    static FileStateStore open(Path folder) throws IOException {
        try {
            Files.createDirectories(folder.resolve("tables"));
        } catch (IOException e) {
            throw new IOException(
                    "state folder " + folder + " cannot be made: " + e.getMessage()
                            + ": set switch.state to one that can",
                    e);
        }
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            throw new IOException("state folder " + folder
                    + " is in use by another switch: stop that one, or set switch.state to another folder");
        }
        return new FileStateStore(folder, channel, lock);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // held by another switch of this JVM
        }
    }

    /** What was saved last. */
    Saved load() throws IOException {
        Path path = folder.resolve("configuration.json");
        if (!Files.exists(path)) {
            return Saved.NOTHING;
        }
        try {
            return JSON.readValue(Files.readString(path), Saved.class);
        } catch (JacksonException e) {
            throw new IOException(path + " is not a saved configuration: " + e.getOriginalMessage()
                    + ": remove it to start from the configuration file alone");
        }
    }

    /** What the configuration file says now; saved with the next configuration. Any thread. */
    synchronized void setFile(SwitchConfiguration configuration) {
        file = configuration;
    }

    /**
     * Says again what the file said before the last {@link #setFile}, of which nothing has come. A configuration that somebody else has
     * saved meanwhile is saved again without it: what the file said would else count as brought in after a restart. Any thread.
     *
     * @throws IOException when that cannot be written
     */
    synchronized void takeBackFile(SwitchConfiguration previous) throws IOException {
        file = previous;
        if (last != null && !last.file().equals(previous)) {
            saveConfiguration(last.current());
        }
    }

    @Override
    public synchronized void saveConfiguration(SwitchConfiguration configuration) throws IOException {
        Saved next = new Saved(file, configuration);
        try {
            write(folder.resolve("configuration.json"), JSON.writeValueAsString(next));
        } catch (JacksonException e) {
            throw new IOException(e.getOriginalMessage(), e);
        }
        last = next;
    }

    /**
     * Removes the tables and port settings of bridges that are not in the saved configuration: what is left when the process was killed
     * after a bridge's removal was saved and before its tables were. Without a saved configuration nothing is removed.
     *
     * @param saved what {@link #load} has returned
     */
    void forgetOthers(Saved saved) throws IOException {
        if (!Files.exists(folder.resolve("configuration.json"))) {
            return;
        }
        Set<String> kept = saved.current().bridges().stream()
                .flatMap(bridge -> Stream.of(bridge.name() + ".flows", bridge.name() + ".ports"))
                .collect(Collectors.toSet());
        try (Stream<Path> files = Files.list(folder.resolve("tables"))) {
            for (Path each : files.toList()) {
                String name = String.valueOf(each.getFileName());
                if ((name.endsWith(".flows") || name.endsWith(".ports")) && !kept.contains(name)) {
                    Files.delete(each);
                }
            }
        }
    }

    private Path portsOf(String bridge) {
        return folder.resolve("tables").resolve(bridge + ".ports");
    }

    @Override
    public void savePortSettings(String bridge, Map<String, Integer> settings) throws IOException {
        if (settings.isEmpty()) {
            Files.deleteIfExists(portsOf(bridge));
            syncFolder(portsOf(bridge).getParent());
            return;
        }
        try {
            write(portsOf(bridge), JSON.writeValueAsString(settings));
        } catch (JacksonException e) {
            throw new IOException(e.getOriginalMessage(), e);
        }
    }

    @Override
    public Map<String, Integer> loadPortSettings(String bridge) throws IOException {
        Path path = portsOf(bridge);
        if (!Files.exists(path)) {
            return Map.of();
        }
        try {
            return JSON.readValue(Files.readString(path), new TypeReference<Map<String, Integer>>() {});
        } catch (JacksonException e) {
            throw new IOException(path + " does not hold settings of ports: " + e.getOriginalMessage()
                    + ": remove it; ports then have the usual ones");
        }
    }

    private Path tablesOf(String bridge) {
        return folder.resolve("tables").resolve(bridge + ".flows");
    }

    @Override
    public void saveTables(String bridge, Tables tables) throws IOException {
        StringBuilder text = new StringBuilder(HEADER).append('\n');
        for (TunnelOptions.Option option : tables.tunnelOptions()) {
            text.append("tlv class=0x%x,type=0x%x,len=%d->tun_metadata%d%n"
                    .formatted(option.optionClass(), option.type(), option.length(), option.index()));
        }
        for (MeterState meter : tables.meters()) {
            text.append("meter ")
                    .append(FORMATTER.meter(
                            new MeterMod(MeterMod.Command.ADD, meter.meterId(), meter.flags(), meter.bands())))
                    .append('\n');
        }
        for (GroupState group : tables.groups()) {
            text.append("group ")
                    .append(FORMATTER.group(group.as(GroupMod.Command.ADD)))
                    .append('\n');
        }
        for (FlowState flow : tables.flows()) {
            text.append("flow ").append(FORMATTER.flow(modOf(flow))).append('\n');
        }
        write(tablesOf(bridge), text.toString());
    }

    private static FlowMod modOf(FlowState flow) {
        return new FlowMod(
                FlowMod.Command.ADD,
                flow.tableId(),
                flow.match(),
                flow.priority(),
                flow.cookie(),
                0,
                0,
                0,
                flow.importance(),
                flow.flags(),
                Ports.ANY,
                FlowMod.ANY_GROUP,
                flow.instructions());
    }

    @Override
    public void forgetTables(String bridge) throws IOException {
        Files.deleteIfExists(tablesOf(bridge));
    }

    @Override
    public Tables loadTables(String bridge, Consumer<String> refused) throws IOException {
        Path path = tablesOf(bridge);
        if (!Files.exists(path)) {
            return Tables.EMPTY;
        }
        List<FlowState> flows = new ArrayList<>();
        List<GroupState> groups = new ArrayList<>();
        List<MeterState> meters = new ArrayList<>();
        List<TunnelOptions.Option> options = new ArrayList<>();
        int number = 0;
        // Octets that are no UTF-8 spoil their own line only.
        String text = new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
        for (String line : text.lines().toList()) {
            number++;
            try {
                if (line.startsWith(OPTION)) {
                    options.add(option(line));
                } else {
                    read(line, flows, groups, meters);
                }
            } catch (FlowException | IllegalArgumentException e) {
                refused.accept("%s:%d: %s".formatted(path, number, e.getMessage()));
            }
        }
        return new Tables(flows, groups, meters, options);
    }

    @Override
    public String setTablesAside(String bridge) throws IOException {
        Path path = tablesOf(bridge);
        Path aside = path.resolveSibling(path.getFileName() + ".refused");
        try {
            write(aside, Files.readAllBytes(path));
        } catch (IOException e) {
            Files.move(
                    path,
                    aside,
                    StandardCopyOption.REPLACE_EXISTING); // what cannot be copied is at least not overwritten
        }
        return aside.toString();
    }

    private static TunnelOptions.Option option(String line) {
        Matcher parts = OPTION_FORM.matcher(line);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "\"" + line + "\" is no mapping: tlv class=0x1,type=0x1,len=4->tun_metadata0");
        }
        return new TunnelOptions.Option(
                Integer.decode(parts.group(1)),
                Integer.decode(parts.group(2)),
                Integer.parseInt(parts.group(3)),
                Integer.parseInt(parts.group(4)));
    }

    private static void read(String line, List<FlowState> flows, List<GroupState> groups, List<MeterState> meters)
            throws FlowException {
        int space = line.indexOf(' ');
        String kind = space < 0 ? line : line.substring(0, space);
        String text = line.substring(space + 1);
        switch (kind) {
            case "flow" -> flows.add(stateOf(PARSER.flow(FlowMod.Command.ADD, text)));
            case "group" -> groups.add(GroupState.of(PARSER.group(GroupMod.Command.ADD, text)));
            case "meter" -> {
                MeterMod mod = PARSER.meter(MeterMod.Command.ADD, text);
                meters.add(new MeterState(mod.meterId(), mod.flags(), mod.bands(), List.of(), 0, 0, 0, 0));
            }
            default -> {
                if (!line.isBlank() && !line.startsWith("#")) {
                    throw new IllegalArgumentException(
                            "a line begins with tlv, flow, group, meter or #, not \"" + kind + "\"");
                }
            }
        }
    }

    private static FlowState stateOf(FlowMod mod) {
        return new FlowState(
                mod.tableId(),
                mod.priority(),
                mod.match(),
                mod.instructions(),
                mod.cookie(),
                0,
                0,
                mod.importance(),
                mod.flags(),
                0,
                0,
                0,
                0);
    }

    private static void write(Path path, String text) throws IOException {
        write(path, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void write(Path path, byte[] content) throws IOException {
        Path next = path.resolveSibling(path.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer octets = ByteBuffer.wrap(content);
            while (octets.hasRemaining()) {
                channel.write(octets);
            }
            channel.force(true);
        }
        Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncFolder(path.getParent());
    }

    /** Makes a rename durable. */
    private static void syncFolder(@Nullable Path folder) throws IOException {
        if (folder != null) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /** Lets another switch use the folder. */
    @Override
    public void close() throws IOException {
        lock.release();
        lockChannel.close();
    }
}
