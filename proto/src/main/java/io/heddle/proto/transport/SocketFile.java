package io.heddle.proto.transport;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of a Unix domain socket. One that a dead process left behind is replaced, one that a living process listens on is not; at the
 * end only our own is removed.
 */
public final class SocketFile {
    private static final Logger LOG = LoggerFactory.getLogger(SocketFile.class);

    private final Path path;
    private @Nullable Object inode;

    private SocketFile(Path path) {
        this.path = path;
    }

    /**
     * Makes room for a socket: makes its folder, removes a stale socket.
     *
     * @throws IOException when something else is there, or a process listens on it
     */
    public static SocketFile prepare(Path path) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther()) {
                throw new IOException(
                        "cannot listen on unix:%s: there is a file of that name that is no socket".formatted(path));
            }
            if (isListenedOn(path)) {
                throw new IOException(
                        "cannot listen on unix:%s: another process listens on it; stop it or choose another path"
                                .formatted(path));
            }
            LOG.info("replacing the socket {} that a process left behind", path);
            Files.deleteIfExists(path);
        }
        return new SocketFile(path);
    }

    private static boolean isListenedOn(Path path) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            return false;
        }
    }

    /** The socket is there: its owner and its group may use it. */
    public void bound() throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
        inode = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /** Removes the file if it is still ours. */
    public void remove() {
        if (inode == null) {
            return;
        }
        try {
            Object now = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
            if (inode.equals(now)) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            LOG.debug("{} is gone already", path);
        }
    }
}
