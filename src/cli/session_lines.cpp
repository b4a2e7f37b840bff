#include "cli/session_lines.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "cli/listing.hpp"
#include "cli/run_facts.hpp"

namespace errand::cli {

namespace {

using store::StoredRecord;

// A path is bytes; JSON is not.
Json path_json(const std::string& path) {
  if (unicode::is_valid_utf8(path)) return path;
  return {{"base64", chat::base64_encode(path)}};
}

Json head_of(const store::WholeSession& session, const std::vector<store::Upkeep::KeptFile>& files) {
  auto facts = session_json(session.info);
  facts["project"] = path_json(session.info.start.project);
  facts["cwd"] = path_json(session.info.start.cwd);
  facts["definition_hash"] = session.info.start.definition_hash;
  facts["forked_from"] = text_or_null(session.info.forked_from);
  auto runs = Json::array();
  for (const auto& run : session.runs) runs.push_back(run_json(run));
  Json out = {{"format", "errand/1"}, {"session", std::move(facts)}, {"runs", std::move(runs)}};
  for (const auto& file : files) out["files_left_behind"].push_back({{"name", file.name}, {"bytes", file.bytes}});
  return out;
}

std::string head_line(const store::WholeSession& session, const std::vector<store::Upkeep::KeptFile>& files) {
  return chat::dump({{"role", "system"},
                     {"content", session.info.start.title},
                     {"timestamp", to_rfc3339(session.info.created)},
                     {"metadata", head_of(session, files)}});
}

// The part of a record's body that stands at the top of its line, there by the first name, here by the second.
struct Lifted {
  const char* in_line;
  const char* in_body;
};
constexpr std::array<Lifted, 5> lifted_of_result = {{{"message_id", "message_id"},
                                                     {"tool_use_id", "tool_use_id"},
                                                     {"tool_name", "name"},
                                                     {"content", "content"},
                                                     {"is_error", "is_error"}}};
constexpr std::array<Lifted, 2> lifted_of_message = {{{"message_id", "message_id"}, {"content", "content"}}};
constexpr std::array<Lifted, 3> lifted_of_call = {{{"tool_use_id", "id"}, {"tool_name", "name"}, {"content", "input"}}};

std::span<const Lifted> lifted_of(std::string_view type) {
  if (type == "tool_result") return lifted_of_result;
  if (type == "tool_use") return lifted_of_call;
  if (type == "user" || type == "assistant") return lifted_of_message;
  return {};
}

std::string_view role_of(std::string_view type) {
  for (const std::string_view role : {"user", "assistant", "tool_use", "tool_result"}) {
    if (type == role) return role;
  }
  for (const std::string_view told : {"warning", "error", "cancelled"}) {
    if (type == told) return "system";
  }
  return "event";
}

Json said_by(std::string_view role, const Json& body) {
  const auto message = body.find("message");
  return role == "system" && message != body.end() ? *message : Json(nullptr);
}

std::string record_line(const StoredRecord& record) {
  const auto role = role_of(record.type);
  const auto body = Json::parse(record.json, nullptr, false);
  Json line = {{"role", role}, {"content", nullptr}, {"timestamp", to_rfc3339(record.time)}};
  Json metadata = {
      {"type", record.type}, {"position", record.position}, {"run", record.run}, {"agent", record.agent_path}};
  if (!record.message_id.empty()) line["message_id"] = record.message_id;
  auto rest = body.is_object() ? body : Json::object();
  Json rebuilt = Json::object();
  for (const auto& lifted : lifted_of(record.type)) {
    const auto found = rest.find(lifted.in_body);
    if (found == rest.end()) continue;
    line[lifted.in_line] = rebuilt[lifted.in_body] = *found;
    rest.erase(lifted.in_body);
  }
  if (role == "system") line["content"] = said_by(role, rest);
  for (const auto& [key, value] : rest.items()) rebuilt[key] = value;
  metadata["body"] = std::move(rest);
  // What does not come out of the parts again byte for byte is kept as it was.
  if (chat::dump(rebuilt) != record.json) metadata["raw"] = unicode::to_valid_utf8(record.json);
  line["metadata"] = std::move(metadata);
  return chat::dump(line);
}

// What is no body's own stands before it, under names that a body may have too: then it is there as it was.
Json whole_record(const StoredRecord& record) {
  auto out = record_json(record);
  out["run"] = record.run;
  if (chat::dump(body_of_record(out)) != record.json) out["raw"] = unicode::to_valid_utf8(record.json);
  return out;
}

}  // namespace

Json body_of_record(const Json& record) {
  constexpr std::array<std::string_view, 6> beside = {"position", "type", "time", "agent", "run", "raw"};
  auto out = Json::object();
  for (const auto& [key, value] : record.items()) {
    if (std::ranges::find(beside, key) == beside.end()) out[key] = value;
  }
  return out;
}

Json document_of(const store::WholeSession& session, const std::vector<store::Upkeep::KeptFile>& files) {
  auto out = head_of(session, files);
  auto records = Json::array();
  for (const auto& record : session.records) records.push_back(whole_record(record));
  out["records"] = std::move(records);
  return out;
}

Json record_json(const store::StoredRecord& record) {
  auto body = Json::parse(record.json, nullptr, false);
  Json out = {{"position", record.position}, {"type", record.type}};
  if (!record.message_id.empty()) out["message_id"] = record.message_id;
  out["time"] = to_rfc3339(record.time);
  out["agent"] = record.agent_path;
  if (body.is_object()) {
    for (const auto& [key, value] : body.items()) {
      if (!out.contains(key)) out[key] = value;
    }
  }
  return out;
}

Json session_json(const store::SessionInfo& info) {
  return {{"id", info.id},
          {"name", text_or_null(info.start.name)},
          {"title", info.start.title},
          {"agent", info.start.agent},
          {"model", info.start.model},
          {"project", info.start.project},
          {"cwd", info.start.cwd},
          {"permission_mode", info.start.permission_mode},
          {"parent", text_or_null(info.start.parent)},
          {"created", to_rfc3339(info.created)},
          {"updated", to_rfc3339(info.updated)},
          {"turns", info.turns},
          {"runs", info.runs},
          {"usage", chat::to_json(info.usage)},
          {"cost_usd", info.cost_usd ? Json(*info.cost_usd) : Json(nullptr)},
          {"status", info.status}};
}

std::string lines_of(const store::WholeSession& session, const std::vector<store::Upkeep::KeptFile>& files) {
  auto out = head_line(session, files) + "\n";
  for (const auto& record : session.records) out += record_line(record) + "\n";
  return out;
}

}  // namespace errand::cli
