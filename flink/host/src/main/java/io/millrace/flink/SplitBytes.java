package io.millrace.flink;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * The uncompressed bytes of a source's splits: files of any file system that Flink knows, plain or
 * gzip (told by their first bytes), and the records that a plan carries itself.
 */
final class SplitBytes {
  private final JobSpec spec;
  private final String uid;

  SplitBytes(JobSpec spec, String uid) {
    this.spec = spec;
    this.uid = uid;
  }

  /** Ids of a source's splits, in the order of their declaration. */
  static List<String> splits(Plan.Source source) {
    List<String> ids = new ArrayList<>();
    switch (source.connector()) {
      case "file" -> source.options().required("paths").forEach(path -> ids.add(path.asText()));
      case "memory" -> {
        for (int i = 0; i < source.options().required("splits").size(); i++)
          ids.add(String.valueOf(i));
      }
      case "tcp" -> ids.add("live");
      default ->
          throw new MillraceException(
              "ML_PLAN",
              "this host has no source connector \"" + source.connector() + "\"",
              "source \"" + source.uid() + "\"",
              "It has: file, memory, kafka, tcp");
    }
    return ids;
  }

  /** Opens a split at an offset of its uncompressed bytes. */
  InputStream open(ClassLoader loader, String split, long offset) throws IOException {
    Plan.Source source = JobSpec.plan(loader).source(uid);
    return source.connector().equals("memory")
        ? memory(source.options(), split, offset)
        : file(split, offset);
  }

  private InputStream memory(JsonNode options, String split, long offset) throws IOException {
    byte[] text =
        options
            .required("splits")
            .get(Integer.parseInt(split))
            .asText()
            .getBytes(StandardCharsets.UTF_8);
    InputStream stream = new ByteArrayInputStream(text);
    skip(stream, offset, split);
    return stream;
  }

  private InputStream file(String split, long offset) throws IOException {
    Path path = spec.resolve(split);
    FSDataInputStream stream;
    try {
      stream = path.getFileSystem().open(path);
    } catch (FileNotFoundException e) {
      throw new MillraceException(
              "ML_NO_FILE",
              "there is no such file on the task manager",
              path + " (source \"" + uid + "\")",
              "Give a folder with --base, or a location, that every task manager sees")
          .forGood();
    }
    if (isGzip(stream)) {
      stream.seek(0);
      InputStream inflated = new GzipMembers(stream, path.toString());
      skip(inflated, offset, split);
      return inflated;
    }
    long length = path.getFileSystem().getFileStatus(path).getLen();
    if (offset > length) throw tooShort(path.toString(), length, offset);
    stream.seek(offset);
    return stream;
  }

  private static boolean isGzip(InputStream stream) throws IOException {
    return stream.read() == 0x1f && stream.read() == 0x8b && stream.read() == 8;
  }

  private void skip(InputStream stream, long offset, String split) throws IOException {
    for (long left = offset; left > 0; ) {
      long skipped = stream.skip(left);
      if (skipped <= 0) throw tooShort(split, offset - left, offset);
      left -= skipped;
    }
  }

  private RuntimeException tooShort(String split, long length, long offset) {
    return new MillraceException(
            "ML_SOURCE_CHANGED",
            "the split has " + length + " bytes, the checkpoint stands at byte " + offset,
            split + " (source \"" + uid + "\")",
            "Bring the file back as it was, or start anew")
        .forGood();
  }
}
