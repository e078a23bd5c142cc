package io.millrace.flink;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * What a job leaves behind at the end of its input: the state of every operator and the position of
 * every split, as entries of a file that a sink writes, so that they come exactly once. Big-endian:
 *
 * <pre>
 *   'G' string uid, i32 key group, i32 length, snapshot bytes
 *   'S' string uid, string split, i32 length, split state (JSON)
 *   'L' string uid, i32 subtask, i32 length, ledger (JSON)
 *   'P' string pipeline, i32 0, i32 length, plan (JSON, without secrets)
 *   string: i32 length, UTF-8
 * </pre>
 *
 * An entry that comes again, because its task was restored behind its end, is the same again.
 */
final class FinalState {
  private FinalState() {}

  static Piece group(String uid, int group, byte[] bytes) {
    return entry('G', uid, out -> out.writeInt(group), bytes);
  }

  static Piece split(String uid, String split, String state) {
    return entry('S', uid, out -> string(out, split), state.getBytes(StandardCharsets.UTF_8));
  }

  static Piece ledger(String uid, int subtask, String json) {
    return entry('L', uid, out -> out.writeInt(subtask), json.getBytes(StandardCharsets.UTF_8));
  }

  static Piece plan(String pipeline, String json) {
    return entry('P', pipeline, out -> out.writeInt(0), json.getBytes(StandardCharsets.UTF_8));
  }

  private static Piece entry(char kind, String uid, Field field, byte[] bytes) {
    ByteArrayOutputStream entry = new ByteArrayOutputStream(bytes.length + 64);
    try (DataOutputStream out = new DataOutputStream(entry)) {
      out.writeByte(kind);
      string(out, uid);
      field.write(out);
      out.writeInt(bytes.length);
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Piece.append(entry.toByteArray());
  }

  private static void string(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private interface Field {
    void write(DataOutputStream out) throws IOException;
  }
}
