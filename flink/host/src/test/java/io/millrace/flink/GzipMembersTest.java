package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A gzip file")
class GzipMembersTest {
  private static final byte[] FIRST = "sensor,value\na,1\nb,2\n".getBytes(StandardCharsets.UTF_8);
  private static final byte[] SECOND = "c,3\nd,4\n".getBytes(StandardCharsets.UTF_8);

  @Test
  @DisplayName("of one member is its bytes")
  void oneMember() throws IOException {
    assertArrayEquals(FIRST, inflated(member(FIRST)));
  }

  @Test
  @DisplayName("of several members is the bytes of all, an empty one among them")
  void severalMembers() throws IOException {
    byte[] file = joined(member(FIRST), member(new byte[0]), member(SECOND));
    assertArrayEquals(joined(FIRST, SECOND), inflated(file));
  }

  @Test
  @DisplayName("larger than any buffer is all of its bytes")
  void large() throws IOException {
    byte[] noise = new byte[700_000];
    new Random(7).nextBytes(noise);
    assertArrayEquals(joined(noise, noise), inflated(joined(member(noise), member(noise))));
  }

  @Test
  @DisplayName("may have every optional field in its header")
  void optionalFields() throws IOException {
    byte[] plain = member(FIRST);
    byte[] extra = {5, 0, 'e', 'x', 't', 'r', 'a'};
    byte[] names = "name.csv\0a comment\0".getBytes(StandardCharsets.ISO_8859_1);
    byte[] head = joined(Arrays.copyOf(plain, 10), extra, names);
    head[3] = 2 | 4 | 8 | 16;
    CRC32 sum = new CRC32();
    sum.update(head);
    byte[] check = {(byte) sum.getValue(), (byte) (sum.getValue() >>> 8)};
    byte[] file = joined(head, check, Arrays.copyOfRange(plain, 10, plain.length));
    assertArrayEquals(joined(FIRST, SECOND), inflated(joined(file, member(SECOND))));
  }

  @Test
  @DisplayName("may be padded with zeros")
  void padding() throws IOException {
    assertArrayEquals(FIRST, inflated(joined(member(FIRST), new byte[600])));
  }

  @Test
  @DisplayName("that is cut off anywhere but between two members is refused")
  void cutAnywhere() throws IOException {
    byte[] first = member(FIRST);
    byte[] file = joined(first, member(SECOND));
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      // What ends with a whole member cannot be told from a file that was meant to be so.
      if (length == first.length) assertArrayEquals(FIRST, inflated(cut));
      else refused("cut to " + length + " bytes", cut);
    }
  }

  @Test
  @DisplayName("in which one bit was flipped gives the same bytes or is refused")
  void oneBitFlipped() throws IOException {
    byte[] file = joined(member(FIRST), member(SECOND));
    byte[] whole = joined(FIRST, SECOND);
    int refused = 0;
    for (int bit = 0; bit < 8 * file.length; bit++) {
      byte[] damaged = file.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        assertArrayEquals(whole, inflated(damaged), "bit " + bit);
      } catch (SuppressRestartsException e) {
        assertTrue(e.getCause().getMessage().startsWith("ML_SOURCE: the gzip data "));
        refused++;
      }
    }
    // Time, level and system are nobody's affair; all else is.
    assertTrue(refused > 8 * (file.length - 2 * 10), refused + " of " + 8 * file.length);
  }

  @Test
  @DisplayName("that goes on with something else is refused")
  void trailingGarbage() throws IOException {
    byte[] file = member(FIRST);
    refused("text", joined(file, new byte[] {'x'}));
    refused("half a header", joined(file, new byte[] {0x1f, (byte) 0x8b}));
    refused("text behind padding", joined(file, new byte[] {0, 0, 'x'}));
    refused("a member behind padding", joined(file, new byte[] {0}, file));
  }

  @Test
  @DisplayName("that is refused is named, with the offset")
  void namesFileAndOffset() throws IOException {
    byte[] file = joined(member(FIRST), new byte[] {'x'});
    String message = refused("text", file);
    assertTrue(message.contains("where file.gz, offset " + file.length), message);
  }

  @Test
  @DisplayName("gives nothing where nothing is asked for, as any stream")
  void nothingAskedFor() throws IOException {
    try (GzipMembers stream = opened(member(FIRST))) {
      assertEquals(0, stream.read(new byte[4], 0, 0));
      assertEquals('s', stream.read());
    }
  }

  /** The message of the refusal. */
  private static String refused(String how, byte[] file) {
    var refusal = assertThrows(SuppressRestartsException.class, () -> inflated(file), how);
    assertTrue(refusal.getCause().getMessage().startsWith("ML_SOURCE: the gzip data "), how);
    return refusal.getCause().getMessage();
  }

  private static GzipMembers opened(byte[] file) throws IOException {
    return new GzipMembers(new ByteArrayInputStream(file), "file.gz");
  }

  private static byte[] inflated(byte[] file) throws IOException {
    try (GzipMembers stream = opened(file)) {
      return stream.readAllBytes();
    }
  }

  private static byte[] member(byte[] bytes) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(file)) {
      out.write(bytes);
    }
    return file.toByteArray();
  }

  private static byte[] joined(byte[]... parts) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) all.write(part);
    return all.toByteArray();
  }
}
