#include "cli/session_pages.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_fields.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"
#include "cli/listing.hpp"

namespace errand::cli {

namespace {

enum class Kind { user, assistant, thinking, call, result, failure, note };

// A piece of a session as both pages show it.
struct Piece {
  Kind kind = Kind::note;
  std::string text;
  Timestamp time{};
};

std::string media_text(const Json& block) {
  const auto source = block.find("source");
  const auto type = source == block.end() ? std::string() : string_at(*source, "media_type");
  const auto name = string_at(block, "title");
  return fmt::format("[{}{}{}]", string_at(block, "type"), name.empty() ? "" : " " + name,
                     type.empty() ? "" : ", " + type);
}

void add_blocks(const Json& body, Kind kind, Timestamp time, std::vector<Piece>& out) {
  const auto content = body.find("content");
  if (content == body.end()) return;
  if (content->is_string()) out.push_back({kind, content->get<std::string>(), time});
  if (!content->is_array()) return;
  for (const auto& block : *content) {
    const auto type = string_at(block, "type");
    if (type == "text") out.push_back({kind, string_at(block, "text"), time});
    if (type == "thinking") out.push_back({Kind::thinking, string_at(block, "thinking"), time});
    if (type == "image" || type == "document") out.push_back({kind, media_text(block), time});
  }
}

void add_note(const store::StoredRecord& record, const Json& body, std::vector<Piece>& out) {
  const auto note = [&](std::string text) { out.push_back({Kind::note, std::move(text), record.time}); };
  if (record.type == "warning") note(string_at(body, "message"));
  const bool is_told_again = string_at(body, "kind") == "cancelled";  // by "cancelled", with who did it
  if (record.type == "error" && !is_told_again)
    note(fmt::format("{}: {}", string_at(body, "kind"), string_at(body, "message")));
  if (record.type == "cancelled") note(fmt::format("cancelled by {}", string_at(body, "by")));
  if (record.type == "compact_completed") note("what stands above was summarised for the model");
  if (record.type == "rewound") {
    const auto to = string_at(body, "to");
    note(fmt::format("the conversation went back to {}", to.empty() ? "its beginning" : "message " + to));
  }
}

std::vector<Piece> pieces_of(const store::WholeSession& session) {
  std::vector<Piece> out;
  for (const auto& record : session.records) {
    const auto body = Json::parse(record.json, nullptr, false);
    if (!body.is_object()) {
      out.push_back({Kind::note, fmt::format("record {} can't be read", record.position), record.time});
    } else if (record.type == "user") {
      add_blocks(body, Kind::user, record.time, out);
    } else if (record.type == "assistant") {
      add_blocks(body, Kind::assistant, record.time, out);
    } else if (record.type == "tool_use") {
      out.push_back({Kind::call, string_at(body, "summary"), record.time});
    } else if (record.type == "tool_result") {
      const auto failed = body.find("is_error");
      add_blocks(body, failed != body.end() && *failed == true ? Kind::failure : Kind::result, record.time, out);
    } else {
      add_note(record, body, out);
    }
  }
  for (auto& piece : out) piece.text = unicode::sanitize(piece.text);
  return out;
}

struct Fact {
  std::string name;
  std::string value;
};

std::vector<Fact> facts_of(const store::SessionInfo& info) {
  std::vector<Fact> out = {{"session", info.id},
                           {"agent", info.start.agent},
                           {"model", info.start.model},
                           {"project", info.start.project},
                           {"created", to_rfc3339(info.created)},
                           {"updated", to_rfc3339(info.updated)},
                           {"turns", std::to_string(info.turns)},
                           {"cost", money_text(info.cost_usd)}};
  if (!info.start.name.empty()) out.insert(out.begin() + 1, {"name", info.start.name});
  for (auto& fact : out) fact.value = unicode::sanitize(fact.value);
  return out;
}

std::string one_line(std::string_view text) {
  return text::replace_all(unicode::sanitize(text), "\n", " ");
}

// --- Markdown ---

// Longer than any run of backticks within, and no shorter than `least`.
std::string fence_for(std::string_view text, std::size_t least) {
  std::size_t longest = least - 1;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(longest + 1, '`');
}

std::string code_block(std::string_view text) {
  const auto fence = fence_for(text, 3);
  return fmt::format("{}\n{}\n{}\n\n", fence, text::trim_end(text), fence);
}

std::string inline_code(std::string_view text) {
  const auto fence = fence_for(text, 1);
  const auto* blank = text.find('`') == std::string_view::npos ? "" : " ";
  return fmt::format("{}{}{}{}{}", fence, blank, one_line(text), blank, fence);
}

// Each run of pieces of one side has one heading.
class MarkdownWriter {
 public:
  std::string write(const store::WholeSession& session) {
    out_ = fmt::format("# {}\n\n", one_line(session.info.start.title));
    for (const auto& fact : facts_of(session.info))
      out_ += fmt::format("- {}: {}\n", fact.name, inline_code(fact.value));
    for (const auto& piece : pieces_of(session)) add(piece);
    return std::string(text::trim_end(out_)) + "\n";
  }

 private:
  void add(const Piece& piece) {
    switch (piece.kind) {
      case Kind::user:
        heading("User", piece.time);
        out_ += std::string(text::trim_end(piece.text)) + "\n\n";
        return;
      case Kind::assistant:
        heading("Assistant", piece.time);
        out_ += std::string(text::trim_end(piece.text)) + "\n\n";
        return;
      case Kind::thinking:
        heading("Assistant", piece.time);
        out_ += "> " + text::replace_all(std::string(text::trim_end(piece.text)), "\n", "\n> ") + "\n\n";
        return;
      case Kind::call:
        heading("Assistant", piece.time);
        out_ += fmt::format("Tool: {}\n\n", inline_code(piece.text));
        return;
      case Kind::result:
      case Kind::failure:
        heading(piece.kind == Kind::result ? "Result" : "Failed", piece.time);
        out_ += code_block(piece.text);
        return;
      case Kind::note:
        heading_.clear();
        out_ += fmt::format("\n*{}*\n\n", text::replace_all(one_line(piece.text), "*", "\\*"));
        return;
    }
  }

  void heading(std::string_view who, Timestamp time) {
    if (who == heading_) return;
    heading_ = who;
    out_ += fmt::format("\n## {}, {}\n\n", who, to_rfc3339(time));
  }

  std::string out_;
  std::string heading_;
};

// --- HTML ---

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string_view class_of(Kind kind) {
  switch (kind) {
    case Kind::user:
      return "user";
    case Kind::assistant:
      return "assistant";
    case Kind::thinking:
      return "thinking";
    case Kind::call:
      return "call";
    case Kind::result:
      return "result";
    case Kind::failure:
      return "failure";
    case Kind::note:
      return "note";
  }
  return "note";
}

constexpr std::string_view page_head =
    "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>\n"
    "body {{ max-width: 60em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; }}\n"
    "pre {{ white-space: pre-wrap; overflow-wrap: anywhere; margin: .5em 0; padding: .5em 1em; font: inherit; }}\n"
    ".user {{ background: #e8f0fe; }} .call, .result, .failure {{ font: 13px/1.4 monospace; background: #f4f4f4; }}\n"
    ".failure {{ border-left: 3px solid #c00; }} .thinking, .note {{ color: #666; }}\n"
    "dt {{ float: left; width: 7em; color: #666; }}\n</style>\n</head>\n<body>\n";

std::string article(const store::WholeSession& session) {
  auto out = fmt::format("<article>\n<h1>{}</h1>\n<dl>\n", escaped(one_line(session.info.start.title)));
  for (const auto& fact : facts_of(session.info)) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", fact.name, escaped(fact.value));
  }
  out += "</dl>\n";
  for (const auto& piece : pieces_of(session)) {
    out += fmt::format("<pre class=\"{}\" title=\"{}\">\n{}</pre>\n", class_of(piece.kind), to_rfc3339(piece.time),
                       escaped(piece.text));
  }
  return out + "</article>\n";
}

}  // namespace

std::string markdown_of(const store::WholeSession& session) {
  return MarkdownWriter().write(session);
}

std::string html_page(const std::vector<store::WholeSession>& sessions) {
  const auto title = sessions.empty() ? std::string("sessions") : one_line(sessions.front().info.start.title);
  auto out = fmt::format(page_head, escaped(title));
  for (const auto& session : sessions) out += article(session);
  return out + "</body>\n</html>\n";
}

}  // namespace errand::cli
