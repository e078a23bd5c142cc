package io.millrace.flink;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * One split of a source and how far it is. The state is the guest's JSON text, the same as in a
 * checkpoint of the embedded engine; empty before the first record.
 *
 * @param start offset at which it begins when it has no state
 * @param end offset at which it ends; {@link #OPEN} where its bytes say that
 */
public record Split(String id, String state, long start, long end) implements SourceSplit {
  static final long OPEN = -1;

  /** A split from its beginning to its end. */
  Split(String id, String state) {
    this(id, state, 0, OPEN);
  }

  @Override
  public String splitId() {
    return id;
  }

  Split at(String newState) {
    return new Split(id, newState, start, end);
  }

  /** Version 1 could not hold a text of more than 65,535 bytes; version 2 has no start and end. */
  private static final int VERSION = 3;

  /** The version travels beside the bytes. */
  static final class Serializer implements SimpleVersionedSerializer<Split> {
    @Override
    public int getVersion() {
      return VERSION;
    }

    @Override
    public byte[] serialize(Split split) throws IOException {
      return ListSerializer.write(List.of(split));
    }

    @Override
    public Split deserialize(int version, byte[] bytes) throws IOException {
      return ListSerializer.read(version, bytes).get(0);
    }
  }

  /** The splits that wait for their reader: the enumerator's state. */
  static final class ListSerializer implements SimpleVersionedSerializer<List<Split>> {
    @Override
    public int getVersion() {
      return VERSION;
    }

    @Override
    public byte[] serialize(List<Split> splits) throws IOException {
      return write(splits);
    }

    @Override
    public List<Split> deserialize(int version, byte[] bytes) throws IOException {
      return read(version, bytes);
    }

    static byte[] write(List<Split> splits) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(splits.size());
      for (Split split : splits) {
        writeText(out, split.id());
        writeText(out, split.state());
        out.writeLong(split.start());
        out.writeLong(split.end());
      }
      return bytes.toByteArray();
    }

    static List<Split> read(int version, byte[] bytes) throws IOException {
      if (version != VERSION && version != VERSION - 1) {
        throw new MillraceException(
            "ML_VERSION",
            "a split has version " + version + ", this host reads versions 2 and " + VERSION,
            "the checkpoint",
            "Restore it with the host that wrote it");
      }
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      List<Split> splits = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        String id = readText(in);
        String state = readText(in);
        splits.add(
            version < VERSION
                ? new Split(id, state)
                : new Split(id, state, in.readLong(), in.readLong()));
      }
      return splits;
    }

    /** i32 length, UTF-8: a header of a wide table is longer than what writeUTF takes. */
    static void writeText(DataOutputStream out, String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      out.writeInt(bytes.length);
      out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
      byte[] bytes = new byte[in.readInt()];
      in.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
