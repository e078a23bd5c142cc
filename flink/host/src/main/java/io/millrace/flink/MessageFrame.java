package io.millrace.flink;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One message as it crosses to and from the guest (see src/formats/message.ts). Little-endian:
 *
 * <pre>
 *   u32  length of what follows
 *   f64  offset in the split; of a sink's row: its ordinal in the sink
 *   f64  timestamp in milliseconds since the epoch; NaN: none
 *   i32  length of the key, -1: none;   bytes
 *   u16  number of headers; of each:    u16 length of the name, UTF-8;   i32 length of the value, -1: none;   bytes
 *   i32  length of the value, -1: none; bytes
 * </pre>
 */
record MessageFrame(long offset, double timestamp, byte[] key, List<Header> headers, byte[] value) {
  private static final int NONE = -1;
  private static final int LENGTH_BYTES = 4;

  /** Offset, timestamp, length of the key, number of headers, length of the value. */
  private static final int FIXED_BYTES = 8 + 8 + 4 + 2 + 4;

  /** What a message bears beside its value; the value may be null. */
  record Header(String name, byte[] value) {}

  /** Bytes of the whole frame. */
  int size() {
    int size = LENGTH_BYTES + FIXED_BYTES + length(key) + length(value);
    for (Header header : headers) size += 2 + name(header).length + 4 + length(header.value());
    return size;
  }

  /** Appends the frame to a little-endian buffer. */
  void writeTo(ByteBuffer out) {
    int start = out.position();
    out.putInt(0).putDouble(offset).putDouble(timestamp);
    put(out, key);
    out.putShort((short) headers.size());
    for (Header header : headers) {
      byte[] name = name(header);
      out.putShort((short) name.length).put(name);
      put(out, header.value());
    }
    put(out, value);
    out.putInt(start, out.position() - start - LENGTH_BYTES);
  }

  /** Frames one behind the other. */
  static byte[] write(List<MessageFrame> frames) {
    int size = 0;
    for (MessageFrame frame : frames) size += frame.size();
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    for (MessageFrame frame : frames) frame.writeTo(out);
    return out.array();
  }

  /** Takes frames apart that stand one behind the other. */
  static void readAll(byte[] frames, Consumer<MessageFrame> take) {
    ByteBuffer in = ByteBuffer.wrap(frames).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) take.accept(read(in));
  }

  /** Reads the frame at the position of a little-endian buffer. */
  static MessageFrame read(ByteBuffer in) {
    int end = in.getInt() + in.position();
    long offset = (long) in.getDouble();
    double timestamp = in.getDouble();
    byte[] key = get(in);
    List<Header> headers = new ArrayList<>();
    for (int left = in.getShort() & 0xffff; left > 0; left--) {
      byte[] name = new byte[in.getShort() & 0xffff];
      in.get(name);
      headers.add(new Header(text(name), get(in)));
    }
    byte[] value = get(in);
    if (in.position() != end) throw new IllegalStateException("a message frame has a wrong length");
    return new MessageFrame(offset, timestamp, key, headers, value);
  }

  private static String text(byte[] name) {
    String text = new String(name, UTF_8);
    return java.util.Arrays.equals(text.getBytes(UTF_8), name)
        ? text
        : new String(name, ISO_8859_1);
  }

  private static byte[] name(Header header) {
    return header.name().getBytes(UTF_8);
  }

  private static int length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static void put(ByteBuffer out, byte[] bytes) {
    out.putInt(bytes == null ? NONE : bytes.length);
    if (bytes != null) out.put(bytes);
  }

  private static byte[] get(ByteBuffer in) {
    int length = in.getInt();
    if (length == NONE) return null;
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
