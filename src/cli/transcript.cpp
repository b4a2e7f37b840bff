#include "cli/transcript.hpp"

#include <map>
#include <set>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "cli/listing.hpp"
#include "render/summary.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_result_lines = 6;

std::string head(const store::SessionInfo& info) {
  std::string out = fmt::format("session  {}\n", info.id);
  if (!info.start.name.empty()) out += fmt::format("name     {}\n", info.start.name);
  out += fmt::format(
      "title    {}\nagent    {}\nmodel    {}\nproject  {}\ncreated  {}\nupdated  {}\nturns    {}, {}\ntokens   "
      "{}\ncost     {}\nstatus   {}\n",
      info.start.title, info.start.agent, info.start.model, info.start.project, to_rfc3339(info.created),
      to_rfc3339(info.updated), info.turns, text::count_of(static_cast<std::size_t>(info.runs), "run"),
      render::tokens_line(info.usage), money_text(info.cost_usd), info.status);
  return out;
}

// The first lines of a result; what is left out is counted.
std::string cut_lines(const std::string& s) {
  const auto lines = text::lines(s);
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < max_result_lines; ++i) out += "    " + lines[i] + "\n";
  if (lines.size() > max_result_lines) out += fmt::format("    [… {} more lines]\n", lines.size() - max_result_lines);
  return out;
}

std::string block_text(const Json& block) {
  const auto type = string_at(block, "type");
  if (type == "text") return string_at(block, "text");
  if (type == "image" || type == "document") return fmt::format("[{}]", type);
  return {};
}

std::string content_text(const Json& body) {
  const auto content = body.find("content");
  if (content == body.end()) return {};
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) return {};
  std::string out;
  for (const auto& block : *content) {
    if (!block.is_object()) continue;
    const auto text = block_text(block);
    if (!out.empty() && !text.empty()) out += "\n";
    out += text;
  }
  return out;
}

bool is_failed(const Json& result) {
  const auto found = result.find("is_error");
  return found != result.end() && found->is_boolean() && found->get<bool>();
}

// The results of calls by the call's id: they stand with their calls, however calls that ran together came to an end.
std::map<std::string, Json> results_of(const std::vector<store::StoredRecord>& records) {
  std::map<std::string, Json> out;
  for (const auto& record : records) {
    if (record.type != "tool_result") continue;
    auto body = Json::parse(record.json, nullptr, false);
    if (!body.is_object()) continue;
    auto id = string_at(body, "tool_use_id");
    out.insert_or_assign(std::move(id), std::move(body));
  }
  return out;
}

std::string call_text(const Json& use, const std::map<std::string, Json>& results) {
  auto out = fmt::format("\n  * {}\n", string_at(use, "summary"));
  const auto result = results.find(string_at(use, "id"));
  if (result == results.end()) return out + "    (no result)\n";
  if (is_failed(result->second)) out += "    (failed)\n";
  return out + cut_lines(content_text(result->second));
}

std::string entry(const store::StoredRecord& record, const std::map<std::string, Json>& results) {
  const auto body = Json::parse(record.json, nullptr, false);
  if (!body.is_object()) return {};
  if (record.type == "user") return fmt::format("\n> {}\n", text::replace_all(content_text(body), "\n", "\n> "));
  if (record.type == "assistant") {
    const auto text = content_text(body);
    return text.empty() ? std::string() : fmt::format("\n{}\n", text::trim_end(text));
  }
  if (record.type == "tool_use") return call_text(body, results);
  if (record.type == "error" && string_at(body, "kind") == "cancelled") return {};  // which "cancelled" tells
  if (record.type == "error") return fmt::format("\n  ! {}: {}\n", string_at(body, "kind"), string_at(body, "message"));
  if (record.type == "warning") return fmt::format("\n  ! {}\n", string_at(body, "message"));
  if (record.type == "rewound") {
    const auto to = string_at(body, "to");
    return fmt::format("\n  ! went back to {}\n", to.empty() ? "the beginning" : "message " + to);
  }
  if (record.type == "cancelled") return fmt::format("\n  ! cancelled by {}\n", string_at(body, "by"));
  return {};
}

}  // namespace

std::string transcript_of(const std::vector<store::StoredRecord>& records,
                          const std::vector<std::string>& message_ids) {
  const std::set<std::string> wanted(message_ids.begin(), message_ids.end());
  std::string out;
  for (const auto& record : records) {
    if (wanted.contains(record.message_id)) out += record_text(record);
  }
  return out;
}

std::string record_text(const store::StoredRecord& record) {
  const auto body = Json::parse(record.json, nullptr, false);
  if (!body.is_object()) return {};
  if (record.type == "tool_use") return unicode::sanitize(fmt::format("\n  * {}\n", string_at(body, "summary")));
  if (record.type == "tool_result") {
    return unicode::sanitize((is_failed(body) ? "    (failed)\n" : "") + cut_lines(content_text(body)));
  }
  return unicode::sanitize(entry(record, {}));
}

std::string transcript(const store::SessionInfo& info, const std::vector<store::StoredRecord>& records) {
  auto out = head(info);
  const auto results = results_of(records);
  for (const auto& record : records) out += entry(record, results);
  return unicode::sanitize(out);
}

}  // namespace errand::cli
