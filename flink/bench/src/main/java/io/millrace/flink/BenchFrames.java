package io.millrace.flink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Frames as a source task makes them (layout: src/stage/frame.ts), of records with a key, a label
 * and 20 features. The position of a record is the microsecond at which it was made.
 */
final class BenchFrames {
  static final int FEATURES = 20;
  private static final int POOL = 1 << 16;
  private static final byte[] PLACE = place("events", "0");
  private static final byte STRING_TAG = 5;

  private final byte[][] keys;
  private final int[] hashes;
  private final double[] values = new double[POOL];
  private final SplittableRandom random = new SplittableRandom(7);
  private final ByteBuffer frame = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);

  BenchFrames(int keyCount) {
    keys = new byte[keyCount][];
    hashes = new int[keyCount];
    for (int i = 0; i < keyCount; i++) {
      keys[i] = String.format("user-%06d", i).getBytes(StandardCharsets.UTF_8);
      hashes[i] = hash(keys[i]);
    }
    for (int i = 0; i < POOL; i++) values[i] = random.nextDouble() - 0.5;
  }

  byte[] next(int records, long micros) {
    frame.clear();
    frame.put((byte) 3).putInt(PLACE.length).put(PLACE);
    for (int i = 0; i < records; i++) record(micros);
    byte[] bytes = new byte[frame.position()];
    frame.flip();
    frame.get(bytes);
    return bytes;
  }

  private void record(long micros) {
    int start = frame.position();
    int key = random.nextInt(keys.length);
    int value = random.nextInt(POOL - FEATURES);
    frame.putInt(0).putInt(hashes[key]);
    frame.putDouble(1_600_000_000_000.0).putDouble(micros);
    frame.put((byte) 1).put((byte) 0).put((byte) 1);
    frame.put((byte) keys[key].length).put(keys[key]);
    frame.putDouble(values[value] > 0 ? 1 : 0);
    for (int i = 0; i < FEATURES; i++) frame.putDouble(values[value + i]);
    frame.putInt(start, frame.position() - start - 4);
  }

  /** One place: count, origin, split; a row has no shapes. */
  private static byte[] place(String origin, String split) {
    ByteBuffer table = ByteBuffer.allocate(64);
    table.put((byte) 1);
    table.put((byte) origin.length()).put(origin.getBytes(StandardCharsets.UTF_8));
    table.put((byte) split.length()).put(split.getBytes(StandardCharsets.UTF_8));
    byte[] bytes = new byte[table.position()];
    table.flip();
    table.get(bytes);
    return bytes;
  }

  /** murmur3 of the key's canonical bytes: a tag and its UTF-8. */
  static int hash(byte[] key) {
    byte[] bytes = new byte[key.length + 1];
    bytes[0] = STRING_TAG;
    System.arraycopy(key, 0, bytes, 1, key.length);
    ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int hash = 0;
    int at = 0;
    for (; at + 4 <= bytes.length; at += 4) {
      hash = Integer.rotateLeft(hash ^ scramble(view.getInt(at)), 13) * 5 + 0xe6546b64;
    }
    int tail = 0;
    for (int i = bytes.length - 1; i >= at; i--) tail = tail << 8 | bytes[i] & 0xff;
    if (at < bytes.length) hash ^= scramble(tail);
    hash ^= bytes.length;
    hash = (hash ^ hash >>> 16) * 0x85ebca6b;
    hash = (hash ^ hash >>> 13) * 0xc2b2ae35;
    return hash ^ hash >>> 16;
  }

  private static int scramble(int block) {
    return Integer.rotateLeft(block * 0xcc9e2d51, 15) * 0x1b873593;
  }
}
