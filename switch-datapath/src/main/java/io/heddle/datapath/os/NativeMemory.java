package io.heddle.datapath.os;

import java.lang.foreign.MemorySegment;

/**
 * Memory that the kernel gives page by page, when a page is first touched, all zero; unlike an arena's it is not cleared in advance.
 *
 * <p>A segment that is used after {@link #close} reads unmapped memory and ends the process: the owner closes it last.
 *
 * <p>Thread safety: the segment may be used by any thread; one thread closes.
 */
public final class NativeMemory implements AutoCloseable {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_POPULATE = 0x8001;
    private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
    private static final int MADV_NOHUGEPAGE = 15;

    private final MemorySegment segment;
    private boolean closed;

    private NativeMemory(MemorySegment segment) {
        this.segment = segment;
    }

    /**
     * Reserves anonymous memory in pages of the smallest size, so that a touched octet costs a page and not 2 MiB.
     *
     * @param sizeOctets greater than 0
     * @throws IllegalStateException if the address space or a limit of the process does not allow it
     */
    public static NativeMemory reserve(long sizeOctets) {
        long address = Libc.mmap(sizeOctets, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
        if (address < 0) {
            throw new IllegalStateException("cannot reserve %,d octets of memory: mmap: %s"
                    .formatted(sizeOctets, Errno.describe((int) -address)));
        }
        Libc.madvise(address, sizeOctets, MADV_NOHUGEPAGE); // a kernel without huge pages refuses; nothing is lost
        return new NativeMemory(at(address, sizeOctets));
    }

    /** Maps what a descriptor offers (a socket's ring), shared with the kernel, all pages at once. */
    static NativeMemory map(int fd, long sizeOctets, String subject) throws NativeException {
        return map(fd, sizeOctets, 0, subject);
    }

    /** As {@link #map(int, long, String)}, for the part that the descriptor offers at {@code offset}. */
    static NativeMemory map(int fd, long sizeOctets, long offset, String subject) throws NativeException {
        long address = Libc.mmap(sizeOctets, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset);
        if (address < 0) {
            throw new NativeException(subject, "mmap of " + sizeOctets + " octets", (int) -address, "");
        }
        return new NativeMemory(at(address, sizeOctets));
    }

    @SuppressWarnings("restricted") // the one place where a length is put to an address
    private static MemorySegment at(long address, long sizeOctets) {
        return MemorySegment.ofAddress(address).reinterpret(sizeOctets);
    }

    /** Returns all of it. */
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Libc.munmap(segment.address(), segment.byteSize());
        }
    }
}
