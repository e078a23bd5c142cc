package io.millrace.flink;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.MissingNode;

/**
 * Remembers at which records a script had to be ended, in a folder beside the job's checkpoints. A
 * record at which it happened three times is rejected from then on, so that the stream can go on.
 */
final class Quarantine {
  static final int KILLS = 3;
  private final Path folder;

  Quarantine(String checkpointDir, String jobId, String stage) {
    folder = new Path(new Path(new Path(checkpointDir, "quarantine"), jobId), nameOf(stage));
  }

  /** Identities of the records to keep out, as a JSON list of texts. */
  String rejected() throws IOException {
    List<String> texts = new ArrayList<>();
    FileSystem files = folder.getFileSystem();
    FileStatus[] entries = files.exists(folder) ? files.listStatus(folder) : new FileStatus[0];
    for (FileStatus entry : entries) {
      JsonNode json = read(files, entry.getPath());
      if (json.path("kills").asInt() >= KILLS) texts.add(JobSpec.write(json.required("record")));
    }
    return "[" + String.join(",", texts) + "]";
  }

  /** Counts one more end at this record; returns how many there were. */
  int count(String record, String reason) throws IOException {
    FileSystem files = folder.getFileSystem();
    files.mkdirs(folder);
    Path path = new Path(folder, nameOf(record) + ".json");
    int kills = files.exists(path) ? read(files, path).path("kills").asInt() + 1 : 1;
    String text =
        String.format(
            "{\"record\":%s,\"reason\":%s,\"kills\":%d}",
            JobSpec.quoted(record), JobSpec.quoted(reason), kills);
    try (OutputStream out = files.create(path, FileSystem.WriteMode.OVERWRITE)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return kills;
  }

  /** An entry that was being written when its task manager died is as none. */
  private static JsonNode read(FileSystem files, Path path) throws IOException {
    try (InputStream in = files.open(path)) {
      return JobSpec.json(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  /** A file name for any text, another one for another text. */
  private static String nameOf(String text) {
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString();
  }
}
