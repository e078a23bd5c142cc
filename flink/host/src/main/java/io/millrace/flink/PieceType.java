package io.millrace.flink;

import java.io.IOException;
import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Tells Flink how pieces become bytes between two tasks. */
public final class PieceType extends TypeInformation<Piece> {
  public static final PieceType INSTANCE = new PieceType();
  private static final long serialVersionUID = 1;

  @Override
  public boolean isBasicType() {
    return false;
  }

  @Override
  public boolean isTupleType() {
    return false;
  }

  @Override
  public int getArity() {
    return 1;
  }

  @Override
  public int getTotalFields() {
    return 1;
  }

  @Override
  public Class<Piece> getTypeClass() {
    return Piece.class;
  }

  @Override
  public boolean isKeyType() {
    return false;
  }

  @Override
  public TypeSerializer<Piece> createSerializer(SerializerConfig config) {
    return Serializer.INSTANCE;
  }

  @Override
  public String toString() {
    return "Piece";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PieceType;
  }

  @Override
  public int hashCode() {
    return 1;
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof PieceType;
  }

  /** u8 kind, int stage, int input, int target, int length, bytes. */
  public static final class Serializer extends TypeSerializerSingleton<Piece> {
    public static final Serializer INSTANCE = new Serializer();
    private static final long serialVersionUID = 1;
    private static final byte[] NOTHING = new byte[0];

    @Override
    public boolean isImmutableType() {
      return true;
    }

    @Override
    public Piece createInstance() {
      return new Piece(Piece.FRAME, 0, 0, -1, NOTHING);
    }

    @Override
    public Piece copy(Piece from) {
      return from;
    }

    @Override
    public Piece copy(Piece from, Piece reuse) {
      return from;
    }

    @Override
    public int getLength() {
      return -1;
    }

    @Override
    public void serialize(Piece piece, DataOutputView target) throws IOException {
      target.writeByte(piece.kind);
      target.writeInt(piece.stage);
      target.writeInt(piece.input);
      target.writeInt(piece.target);
      target.writeInt(piece.bytes.length);
      target.write(piece.bytes);
    }

    @Override
    public Piece deserialize(DataInputView source) throws IOException {
      byte kind = source.readByte();
      int stage = source.readInt();
      int input = source.readInt();
      int target = source.readInt();
      byte[] bytes = new byte[source.readInt()];
      source.readFully(bytes);
      return new Piece(kind, stage, input, target, bytes);
    }

    @Override
    public Piece deserialize(Piece reuse, DataInputView source) throws IOException {
      return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
      serialize(deserialize(source), target);
    }

    @Override
    public TypeSerializerSnapshot<Piece> snapshotConfiguration() {
      return new Snapshot();
    }
  }

  /** Written into checkpoints by Flink. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Piece> {
    public Snapshot() {
      super(() -> Serializer.INSTANCE);
    }
  }
}
