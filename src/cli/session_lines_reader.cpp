#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "cli/session_reader.hpp"

namespace errand::cli {

namespace {

using store::StoredRecord;
using store::WholeSession;

constexpr std::size_t max_id_bytes = 200;
constexpr std::size_t max_text_bytes = 4096;  // of a title, a path, a model's name
constexpr std::size_t max_told_lines = 1000;  // the others are counted
constexpr int max_count = 1'000'000'000;

// A short text of a session's row; what is too long is none of ours.
std::string fact_at(const Json& json, const char* key) {
  auto out = string_at(json, key);
  return out.size() <= max_text_bytes ? out : std::string();
}

std::string path_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return fact_at(json, key);
  auto bytes = chat::base64_decode(fact_at(*found, "base64"));
  return bytes && bytes->find('\0') == std::string::npos ? *std::move(bytes) : std::string();
}

std::int64_t number_at(const Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (found == json.end() || !found->is_number_integer()) return 0;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{1} << 62U) return 0;
  return std::max<std::int64_t>(0, found->get<std::int64_t>());
}

int count_at(const Json& json, const char* key) {
  return static_cast<int>(std::min<std::int64_t>(number_at(json, key), max_count));
}

std::optional<double> money_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number()) return std::nullopt;
  const auto usd = found->get<double>();
  return usd >= 0 && usd < 1e12 ? std::optional(usd) : std::nullopt;
}

std::optional<Timestamp> time_at(const Json& json, const char* key) {
  const auto text = string_at(json, key);
  return text.empty() ? std::nullopt : parse_rfc3339(text);
}

chat::Usage usage_at(const Json& json) {
  const auto usage = json.find("usage");
  if (usage == json.end() || !usage->is_object()) return {};
  return {number_at(*usage, "input"),       number_at(*usage, "output"),    number_at(*usage, "cache_read"),
          number_at(*usage, "cache_write"), number_at(*usage, "reasoning"), number_at(*usage, "tool")};
}

std::string name_at(const Json& json) {
  auto name = string_at(json, "name");
  const bool is_name = is_plain_id(name) && name != "latest" && !name.starts_with('-') && !is_uuid(name);
  return is_name ? name : std::string();
}

std::optional<store::StoredRun> run_from(const Json& json) {
  store::StoredRun out;
  out.id = string_at(json, "id");
  const auto started = time_at(json, "started");
  if (!is_uuid(out.id) || !started) return std::nullopt;
  out.agent = fact_at(json, "agent");
  out.definition_hash = fact_at(json, "definition_hash");
  out.trigger = fact_at(json, "trigger");
  if (const auto argv = json.find("argv"); argv != json.end() && argv->is_array()) {
    for (const auto& word : *argv) {
      if (word.is_string()) out.argv.push_back(word.get<std::string>());
    }
  }
  out.state = string_at(json, "state") == "ended" ? "ended" : "interrupted";
  out.started = *started;
  out.ended = time_at(json, "ended");
  if (const auto code = json.find("exit_code"); code != json.end() && code->is_number_integer()) {
    out.exit_code = count_at(json, "exit_code");
  }
  out.error_kind = fact_at(json, "error_kind");
  out.stop_reason = fact_at(json, "stop_reason");
  out.turns = count_at(json, "turns");
  out.usage = usage_at(json);
  out.cost_usd = money_at(json, "cost_usd");
  return out;
}

WholeSession session_from(const Json& facts, const Json& line) {
  WholeSession out;
  auto& info = out.info;
  info.id = string_at(facts, "id");
  if (!is_uuid(info.id)) info.id = make_uuid7(now());
  info.start = {
      fact_at(facts, "agent"), fact_at(facts, "definition_hash"), fact_at(facts, "model"), path_at(facts, "project"),
      path_at(facts, "cwd"),   fact_at(facts, "permission_mode"), fact_at(facts, "title"), name_at(facts),
      fact_at(facts, "parent")};
  if (!is_uuid(info.start.parent)) info.start.parent.clear();
  info.forked_from = fact_at(facts, "forked_from");
  if (!is_uuid(info.forked_from)) info.forked_from.clear();
  info.created = time_at(facts, "created").value_or(time_at(line, "timestamp").value_or(now()));
  info.updated = time_at(facts, "updated").value_or(info.created);
  info.turns = count_at(facts, "turns");
  info.runs = count_at(facts, "runs");
  info.usage = usage_at(facts);
  info.cost_usd = money_at(facts, "cost_usd");
  const auto status = string_at(facts, "status");
  info.status = status == "failed" || status == "idle" ? status : "interrupted";
  return out;
}

bool is_event_type(std::string_view type) {
  return !type.empty() && type.size() <= 64 &&
         type.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string_view::npos;
}

// The names of a body's parts, in the order in which the store writes them.
Result<Json> body_of(const std::string& type, const Json& line, const Json& metadata) {
  Json out = Json::object();
  const auto take = [&](const char* in_line, const char* in_body) {
    if (const auto found = line.find(in_line); found != line.end()) out[in_body] = *found;
  };
  if (type == "user" || type == "assistant") {
    for (const auto* key : {"message_id", "content"}) take(key, key);
  } else if (type == "tool_result") {
    for (const auto* key : {"message_id", "tool_use_id"}) take(key, key);
    take("tool_name", "name");
    for (const auto* key : {"content", "is_error"}) take(key, key);
  } else if (type == "tool_use") {
    take("tool_use_id", "id");
    take("tool_name", "name");
    take("content", "input");
  }
  if (const auto rest = metadata.find("body"); rest != metadata.end() && rest->is_object()) {
    for (const auto& [key, value] : rest->items()) {
      if (!out.contains(key)) out[key] = value;
    }
  }
  if (type == "assistant" && out.contains("content") && out["content"].is_string()) {
    out["content"] = Json::array({{{"type", "text"}, {"text", out["content"]}}});
  }
  return out;
}

Result<void> check_message(const std::string& type, const Json& body) {
  if (type == "user") ERRAND_TRY(chat::user_from_json(body));
  if (type == "assistant") ERRAND_TRY(chat::assistant_from_json(body));
  if (type == "tool_result") ERRAND_TRY(chat::tool_result_from_json(body));
  return {};
}

bool is_message(std::string_view type) {
  return type == "user" || type == "assistant" || type == "tool_result";
}

// Lines without a first one that tells about the session: what they say themselves.
void tell(store::SessionInfo& info, const StoredRecord& record) {
  info.updated = std::max(info.updated, record.time);
  info.status = "idle";
  if (record.type == "assistant") ++info.turns;
  if (record.type != "user" || !info.start.title.empty()) return;
  const auto prompt = chat::user_from_json(Json::parse(record.json, nullptr, false));
  if (prompt) info.start.title = title_from(chat::text_of(prompt->content));
}

// What a secret may not stand in is text for people and models; ids, media and signatures stay byte for byte.
bool stays(std::string_view key, const Json& object) {
  constexpr std::array<std::string_view, 5> kept = {"signature", "id", "tool_use_id", "message_id", "media_type"};
  if (key == "data") return object.contains("media_type");
  if (key == "json") return object.contains("type") && object.at("type") == "native";
  return std::ranges::find(kept, key) != kept.end();
}

// A secret may be what a model called a value by. Names that are alike then are counted.
bool clean_keys(Json& object, const secrets::Redactor& secrets) {
  const auto is_clean = [&](const auto& item) { return secrets.clean(item.key()) == item.key(); };
  const auto items = object.items();
  if (std::all_of(items.begin(), items.end(), is_clean)) return false;
  auto out = Json::object();
  for (auto& [key, value] : object.items()) {
    const auto name = secrets.clean(key);
    auto free = name;
    for (int copy = 2; out.contains(free); ++copy) free = fmt::format("{} {}", name, copy);
    out[free] = std::move(value);
  }
  object = std::move(out);
  return true;
}

bool clean(Json& json, const secrets::Redactor& secrets) {
  if (json.is_string()) {
    auto cleaned = secrets.clean(json.get<std::string>());
    const bool changed = cleaned != json.get_ref<const std::string&>();
    if (changed) json = std::move(cleaned);
    return changed;
  }
  bool changed = false;
  if (json.is_array()) {
    for (auto& item : json) changed |= clean(item, secrets);
  } else if (json.is_object()) {
    for (auto& [key, value] : json.items()) changed |= !stays(key, json) && clean(value, secrets);
    changed |= clean_keys(json, secrets);
    // A signature is true of the words it was made for alone.
    if (changed && json.contains("signature")) json["signature"] = "";
  }
  return changed;
}

void clean(WholeSession& session, const secrets::Redactor& secrets) {
  for (auto& record : session.records) {
    auto json = Json::parse(record.json, nullptr, false);
    if (json.is_object() && clean(json, secrets)) record.json = chat::dump(json);
  }
  session.info.start.title = secrets.clean(std::move(session.info.start.title));
  session.info.start.name = secrets.clean(std::move(session.info.start.name));
  for (auto& run : session.runs) {
    for (auto& word : run.argv) word = secrets.clean(std::move(word));
  }
}

// Ours say `role`; Claude Code's say `type` and carry the message inside.
bool is_claude_code(const Json& line) {
  return !line.contains("role") && line.contains("type");
}

bool holds(const Json& json, const char* key, Json::value_t type) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return found != json.end() && found->type() == type;
}

// What a document has as a record, as the line that it would be. It may be anything.
Json line_of(const Json& record) {
  Json metadata = {
      {"type", string_at(record, "type")}, {"position", number_at(record, "position")},
      {"run", string_at(record, "run")},   {"agent", string_at(record, "agent")},
      {"raw", string_at(record, "raw")},   {"body", record.is_object() ? body_of_record(record) : Json::object()}};
  return {{"role", "event"}, {"timestamp", string_at(record, "time")}, {"metadata", std::move(metadata)}};
}

std::vector<store::Upkeep::KeptFile> files_in(const Json& metadata) {
  std::vector<store::Upkeep::KeptFile> out;
  const auto found = metadata.find("files_left_behind");
  if (found == metadata.end() || !found->is_array()) return out;
  for (const auto& file : *found) {
    if (file.is_object()) out.push_back({fact_at(file, "name"), number_at(file, "bytes")});
  }
  return out;
}

}  // namespace

bool is_plain_id(std::string_view id) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; };
  return !id.empty() && id.size() <= max_id_bytes && unicode::is_valid_utf8(id) && std::ranges::none_of(id, is_control);
}

std::string title_from(std::string_view text) {
  constexpr std::size_t max_columns = 80;
  return text::ellipsize(unicode::sanitize(text::first_line(text::trim(text))), max_columns);
}

bool LineCursor::next() {
  if (rest_.empty()) return false;
  const auto end = std::min(rest_.find('\n'), rest_.size());
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  ++number_;
  return true;
}

SessionReader::SessionReader(LineSource& lines, LineFormat format, const secrets::Redactor& secrets)
    : lines_(lines), format_(format), secrets_(secrets) {}

Result<std::optional<ReadSession>> SessionReader::next() {
  while (finished_.empty() && !at_end_) ERRAND_TRY(take_next());
  if (finished_.empty()) return std::nullopt;
  auto out = std::move(finished_.front());
  finished_.pop_front();
  clean(out.session, secrets_);
  return out;
}

Result<void> SessionReader::take_next() {
  ++number_;
  auto line = lines_.next();
  if (!line) {
    if (line.error().kind != ErrorKind::limit) return fail(std::move(line).error());
    skip(line.error().message);
    return {};
  }
  if (!*line) {
    at_end_ = true;
    finish();
    return {};
  }
  const auto text = text::trim(**line);
  if (text.empty()) return {};
  // A document over several lines; a line of JSON lines is never a bracket alone.
  if (text == "{" && format_ != LineFormat::claude_code && !current_) return take_document(text);
  const auto json = chat::parse_json(text);
  if (format_ == LineFormat::automatic && json && json->is_object()) {
    format_ = is_claude_code(*json) ? LineFormat::claude_code : LineFormat::errand;
  }
  if (format_ == LineFormat::claude_code) return take_transcript(text);
  if (auto taken = json ? take_line(*json) : Result<void>(fail(json.error())); !taken) skip(taken.error().message);
  return {};
}

// What has to be read as a whole: no more of it is taken than of any file.
Result<std::string> SessionReader::rest_of_text(std::string_view first) {
  std::string text(number_ - 1, '\n');
  text += first;
  while (true) {
    ERRAND_TRY_ASSIGN(const auto line, lines_.next());
    if (!line) break;
    text.append("\n").append(*line);
    if (text.size() > max_file_bytes) {
      return fail(ErrorKind::limit,
                  fmt::format("what has to be read as a whole has more than {} bytes", max_file_bytes));
    }
  }
  at_end_ = true;
  return text;
}

Result<void> SessionReader::take_transcript(std::string_view first) {
  ERRAND_TRY_ASSIGN(const auto text, rest_of_text(first));
  auto read = read_claude_transcript(text);
  for (auto& session : read.sessions) finished_.push_back({std::move(session), {}});
  for (auto& line : read.skipped) skipped_.push_back(std::move(line));
  left_out_ += read.left_out;
  return {};
}

Result<void> SessionReader::take_document(std::string_view first) {
  ERRAND_TRY_ASSIGN(const auto text, rest_of_text(first));
  ERRAND_TRY_ASSIGN(const auto json, chat::parse_json(text));
  auto taken = take_line(json);
  finish();
  return taken;
}

// Its records are lines that stand in a list.
void SessionReader::take_session(const Json& document) {
  if (!holds(document, "session", Json::value_t::object)) return skip("a session without its facts");
  begin(document, Json::object());
  if (holds(document, "records", Json::value_t::array)) {
    for (const auto& record : document["records"]) {
      const auto line = line_of(record);
      if (auto taken = take_record(line, line["metadata"]); !taken) skip(taken.error().message);
    }
  }
  finish();
}

void SessionReader::skip(const std::string& reason) {
  ++skipped_count_;
  ++broken_;
  if (skipped_.size() < max_told_lines) skipped_.push_back({number_, reason});
}

void SessionReader::finish() {
  if (current_) finished_.push_back(*std::exchange(current_, std::nullopt));
}

Result<void> SessionReader::take_line(const Json& line) {
  if (!line.is_object()) return fail(ErrorKind::failure, "no object");
  try {
    if (holds(line, "sessions", Json::value_t::array)) {
      for (const auto& session : line["sessions"]) take_session(session);
      return {};
    }
    if (holds(line, "session", Json::value_t::object)) {
      take_session(line);
      return {};
    }
    const auto metadata = holds(line, "metadata", Json::value_t::object) ? line["metadata"] : Json::object();
    if (!holds(metadata, "session", Json::value_t::object)) return take_record(line, metadata);
    begin(metadata, line);
    return {};
  } catch (const Json::exception&) {
    return fail(ErrorKind::failure, "a field is of another type than it should be");
  }
}

void SessionReader::begin(const Json& metadata, const Json& line) {
  finish();
  current_ = ReadSession{session_from(metadata["session"], line), files_in(metadata)};
  has_first_line_ = true;
  first_line_lost_ = false;
  broken_ = 0;
  last_position_ = 0;
  ids_.clear();
  std::set<std::string> runs;
  const auto found = metadata.find("runs");
  if (found == metadata.end() || !found->is_array()) return;
  for (const auto& item : *found) {
    auto run = run_from(item);
    if (run && runs.insert(run->id).second) current_->session.runs.push_back(*std::move(run));
  }
}

// Behind a line that can't be read, which may have been the first of another session: positions that begin anew tell.
// Of that session at most as many records can be lost as there are such lines.
bool SessionReader::belongs_elsewhere(const Json& metadata) {
  const auto position = number_at(metadata, "position");
  if (position > 0 && broken_ > 0 && current_) {
    first_line_lost_ |= position <= std::max(last_position_, static_cast<std::int64_t>(broken_));
  }
  if (first_line_lost_) return true;
  broken_ = 0;
  last_position_ = position;
  return false;
}

Result<void> SessionReader::take_record(const Json& line, const Json& metadata) {
  if (belongs_elsewhere(metadata)) {
    return fail(ErrorKind::failure, "the first line of its session can't be read");
  }
  const auto role = string_at(line, "role");
  StoredRecord record;
  record.type = role == "event" || role == "system" ? string_at(metadata, "type") : role;
  if (!is_event_type(record.type)) return fail(ErrorKind::failure, "neither a message nor an event");
  ERRAND_TRY_ASSIGN(auto body, body_of(record.type, line, metadata));
  ERRAND_TRY(check_message(record.type, body));
  if (is_message(record.type)) ERRAND_TRY(name_message(record, body));
  const auto raw = string_at(metadata, "raw");
  record.json = raw.empty() ? chat::dump(body) : raw;
  if (!raw.empty()) {
    ERRAND_TRY_ASSIGN(const auto parsed, chat::parse_json(raw));
    if (!parsed.is_object()) return fail(ErrorKind::failure, "its raw text is no object");
    ERRAND_TRY(check_message(record.type, parsed));
  }
  if (!current_) {
    current_ = ReadSession{session_from(Json::object(), line), {}};
    has_first_line_ = false;
  }
  auto& session = current_->session;
  record.run = fact_at(metadata, "run");
  record.agent_path = fact_at(metadata, "agent");
  if (record.agent_path.empty()) record.agent_path = "root";
  const auto before = session.records.empty() ? session.info.created : session.records.back().time;
  record.time = time_at(line, "timestamp").value_or(before);
  if (!has_first_line_) tell(session.info, record);
  record.position = static_cast<std::int64_t>(session.records.size()) + 1;
  session.records.push_back(std::move(record));
  return {};
}

// A message without an id gets one; one that the session has already is not read twice.
Result<void> SessionReader::name_message(StoredRecord& record, Json& body) {
  record.message_id = string_at(body, "message_id");
  if (record.message_id.empty()) {
    record.message_id = make_uuid7(now());
    body["message_id"] = record.message_id;
  }
  if (!is_plain_id(record.message_id)) return fail(ErrorKind::failure, "its message_id is no id");
  if (!ids_.insert(record.message_id).second) {
    return fail(ErrorKind::failure, fmt::format("a second message \"{}\"", record.message_id));
  }
  return {};
}

ReadSessions read_session_lines(std::string_view text, LineFormat format, const secrets::Redactor& secrets) {
  TextLines lines(text, max_session_line_bytes);
  SessionReader reader(lines, format, secrets);
  ReadSessions out;
  // A text can be read to its end; a transcript too large to be taken is none.
  while (auto read = reader.next().value_or(std::nullopt)) out.sessions.push_back(std::move(read->session));
  out.skipped = reader.skipped();
  out.left_out = reader.left_out();
  return out;
}

}  // namespace errand::cli
