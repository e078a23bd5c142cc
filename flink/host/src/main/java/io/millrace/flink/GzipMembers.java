package io.millrace.flink;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The uncompressed bytes of a gzip file of one member or several (RFC 1952). As in the embedded
 * engine, a file that is cut off or damaged, or has bytes behind the last member other than zeros,
 * is refused rather than taken as ended: the JDK's own stream drops such bytes without a word.
 */
final class GzipMembers extends InputStream {
  private static final int HAS_CHECKSUM = 2;
  private static final int HAS_EXTRA = 4;
  private static final int HAS_NAME = 8;
  private static final int HAS_COMMENT = 16;

  private final InputStream compressed;
  private final String path;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 checksum = new CRC32();
  private final byte[] buffer = new byte[1 << 16];
  private int at;
  private int end;
  private long fed;
  private boolean ended;

  GzipMembers(InputStream compressed, String path) throws IOException {
    this.compressed = compressed;
    this.path = path;
    header(next());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) return 0;
    try {
      while (!ended) {
        int count = inflater.inflate(target, offset, length);
        if (count > 0) {
          checksum.update(target, offset, count);
          return count;
        }
        if (inflater.finished()) trailer();
        else if (inflater.needsInput()) {
          if (at == end && !fill()) throw damaged("is cut off");
          inflater.setInput(buffer, at, end - at);
          at = end;
        } else throw damaged("needs a dictionary");
      }
      return -1;
    } catch (DataFormatException e) {
      throw damaged("cannot be inflated");
    }
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    compressed.close();
  }

  /** Checks the member that has ended, and begins the next one if there is one. */
  private void trailer() throws IOException {
    at = end - inflater.getRemaining();
    long sum = word();
    long size = word();
    if (sum != checksum.getValue()) throw damaged("does not fit its checksum");
    if (size != (inflater.getBytesWritten() & 0xffffffffL))
      throw damaged("does not have the length that it says");
    inflater.reset();
    checksum.reset();
    int first = peek();
    if (first > 0) header(next());
    else padding();
  }

  private void padding() throws IOException {
    ended = true;
    while (peek() >= 0) if (next() != 0) throw damaged("is followed by bytes that are not gzip");
  }

  private void header(int first) throws IOException {
    if (first != 0x1f || next() != 0x8b || next() != 8)
      throw damaged("is followed by bytes that are not gzip");
    int flags = next();
    for (int i = 0; i < 6; i++) next();
    if ((flags & HAS_EXTRA) != 0) for (int left = next() | next() << 8; left > 0; left--) next();
    if ((flags & HAS_NAME) != 0) while (next() != 0) {}
    if ((flags & HAS_COMMENT) != 0) while (next() != 0) {}
    if ((flags & HAS_CHECKSUM) != 0) for (int i = 0; i < 2; i++) next();
  }

  private long word() throws IOException {
    return next() | next() << 8 | next() << 16 | (long) next() << 24;
  }

  private int next() throws IOException {
    if (at == end && !fill()) throw damaged("is cut off");
    return buffer[at++] & 0xff;
  }

  private int peek() throws IOException {
    return at == end && !fill() ? -1 : buffer[at] & 0xff;
  }

  private boolean fill() throws IOException {
    at = 0;
    end = Math.max(0, compressed.read(buffer, 0, buffer.length));
    fed += end;
    return end > 0;
  }

  private RuntimeException damaged(String how) {
    return new MillraceException(
            "ML_SOURCE",
            "the gzip data " + how,
            path + ", offset " + (fed - (end - at)),
            "Fetch the file again: gzip -t shows whether it is whole")
        .forGood();
  }
}
