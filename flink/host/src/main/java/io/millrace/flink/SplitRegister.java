package io.millrace.flink;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * What an enumerator keeps in a checkpoint.
 *
 * @param waiting splits that no reader has
 * @param known ids of all splits found so far, in the order of their finding; empty before the
 *     first look
 */
record SplitRegister(List<Split> waiting, List<String> known) {
  /** Before the first look. */
  static final SplitRegister NOTHING = new SplitRegister(List.of(), List.of());

  /** Splits that nobody has begun, in the order of their declaration. */
  static SplitRegister of(List<String> ids) {
    return new SplitRegister(ids.stream().map(id -> new Split(id, "")).toList(), ids);
  }

  /** The waiting splits as {@link Split} writes them, then the number of ids, and the ids. */
  static final class Serializer implements SimpleVersionedSerializer<SplitRegister> {
    private final Split.ListSerializer splits = new Split.ListSerializer();

    @Override
    public int getVersion() {
      return splits.getVersion();
    }

    @Override
    public byte[] serialize(SplitRegister register) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      byte[] waiting = splits.serialize(register.waiting());
      out.writeInt(waiting.length);
      out.write(waiting);
      out.writeInt(register.known().size());
      for (String id : register.known()) Split.ListSerializer.writeText(out, id);
      return bytes.toByteArray();
    }

    @Override
    public SplitRegister deserialize(int version, byte[] bytes) throws IOException {
      // Version 2 was the list alone: the splits of its sources stand in the plan. A newer one is
      // refused by name.
      if (version != getVersion())
        return new SplitRegister(splits.deserialize(version, bytes), List.of());
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      byte[] waiting = new byte[in.readInt()];
      in.readFully(waiting);
      List<String> known = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) known.add(Split.ListSerializer.readText(in));
      return new SplitRegister(splits.deserialize(version, waiting), known);
    }
  }
}
