package io.millrace.flink;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Cuts what a connection brings into whole lines. Of a line that is too long only the head is
 * handed on, with an end: the decoder, which has the same limit, rejects it.
 */
final class LineCutter {
  private static final byte LINE_FEED = 10;

  private final int limit;
  private final ByteArrayOutputStream held = new ByteArrayOutputStream();

  /** The line under way was too long and is handed on already. */
  private boolean skipping;

  /**
   * @param maxLineBytes longest line that the decoder takes, its line break excluded
   */
  LineCutter(int maxLineBytes) {
    limit = maxLineBytes + 2;
  }

  /** A new connection begins with a new line. */
  void reset() {
    held.reset();
    skipping = false;
  }

  /** The lines that end in this chunk, line feeds included; empty where none does. */
  byte[] take(byte[] chunk) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(chunk.length + held.size());
    for (int at = 0; at < chunk.length; ) {
      int end = at;
      while (end < chunk.length && chunk[end] != LINE_FEED) end++;
      boolean whole = end < chunk.length;
      if (!skipping) piece(Arrays.copyOfRange(chunk, at, end), whole, out);
      else if (whole) skipping = false;
      at = end + 1;
    }
    return out.toByteArray();
  }

  private void piece(byte[] piece, boolean whole, ByteArrayOutputStream out) {
    int room = limit - held.size();
    held.write(piece, 0, Math.min(room, piece.length));
    boolean tooLong = piece.length >= room;
    if (!whole && !tooLong) return;
    out.writeBytes(held.toByteArray());
    out.write(LINE_FEED);
    held.reset();
    skipping = tooLong && !whole;
  }
}
