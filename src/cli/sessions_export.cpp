#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "cli/output.hpp"
#include "cli/session_lines.hpp"
#include "cli/session_pages.hpp"
#include "cli/sessions.hpp"

namespace errand::cli {

namespace {

constexpr mode_t private_file = 0600;

Result<std::string> format_of(const SessionArguments& options) {
  const std::vector<std::string> known = {"jsonl", "md", "html", "json"};
  auto name = options.format.value_or("jsonl");
  if (std::ranges::find(known, name) != known.end()) return name;
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no format to export", name),
              text::suggest(name, known, "formats"));
}

Result<std::vector<std::string>> ids_of(const SessionCall& call, const SessionDesk& desk) {
  std::vector<std::string> out;
  if (call.options.all != call.words.empty()) {
    return fail(ErrorKind::usage,
                call.options.all ? "--all stands alone" : "\"errand sessions export\" wants REF, or --all",
                "\"errand sessions list\" shows them");
  }
  for (const auto& reference : call.words) {
    ERRAND_TRY_ASSIGN(auto info, desk.find(reference));
    out.push_back(std::move(info.id));
  }
  if (!call.options.all) return out;
  store::SessionQuery everything;
  everything.limit = 0;
  ERRAND_TRY_ASSIGN(const auto sessions, desk.store->list(everything));
  // The oldest first, and subagents' sessions behind their parents: in that order they can be imported.
  for (auto at = sessions.rbegin(); at != sessions.rend(); ++at) {
    ERRAND_TRY_ASSIGN(const auto family, desk.store->family(at->id));
    out.insert(out.end(), family.begin(), family.end());
  }
  return out;
}

std::string pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// One session in any format but HTML, whose page holds several.
Result<std::string> text_of(const SessionDesk& desk, const store::WholeSession& session, const std::string& format) {
  if (format == "md") return markdown_of(session);
  if (format == "html") return html_page({session});
  ERRAND_TRY_ASSIGN(const auto files, desk.store->kept_files(session.info.id));
  if (format == "json") return pretty(document_of(session, files));
  return lines_of(session, files);
}

void tell_files(const SessionCall& call, const SessionDesk& desk, const std::string& id) {
  const auto files = desk.store->kept_files(id);
  if (!files || files->empty()) return;
  const auto directory = desk.store->files_directory(id);
  print_note(call.invocation.globals,
             fmt::format("note: {} of session {} {} not in the export: {}", text::count_of(files->size(), "file"), id,
                         files->size() == 1 ? "is" : "are", directory.value_or("")));
}

Result<int> export_to_directory(const SessionCall& call, const SessionDesk& desk, const std::vector<std::string>& ids,
                                const std::string& format) {
  for (const auto& id : ids) {
    ERRAND_TRY_ASSIGN(const auto session, desk.store->read_whole(id));
    ERRAND_TRY_ASSIGN(const auto text, text_of(desk, session, format));
    ERRAND_TRY(
        write_file_atomic(join_path(*call.options.output, fmt::format("{}.{}", id, format)), text, private_file));
    tell_files(call, desk, id);
  }
  return 0;
}

Result<std::string> text_of_all(const SessionCall& call, const SessionDesk& desk, const std::vector<std::string>& ids,
                                const std::string& format) {
  std::string out;
  std::vector<store::WholeSession> pages;
  auto objects = Json::array();
  for (const auto& id : ids) {
    ERRAND_TRY_ASSIGN(auto session, desk.store->read_whole(id));
    tell_files(call, desk, id);
    if (format == "html") {
      pages.push_back(std::move(session));
    } else if (format == "json" && ids.size() != 1) {
      ERRAND_TRY_ASSIGN(const auto files, desk.store->kept_files(id));
      objects.push_back(document_of(session, files));
    } else {
      ERRAND_TRY_ASSIGN(const auto text, text_of(desk, session, format));
      out += text;
    }
  }
  if (format == "html") return html_page(pages);
  if (format == "json" && ids.size() != 1) {
    return pretty({{"sessions", std::move(objects)}});
  }
  return out;
}

}  // namespace

Result<int> sessions_export(const SessionCall& call) {
  ERRAND_TRY_ASSIGN(const auto format, format_of(call.options));
  ERRAND_TRY_ASSIGN(const auto desk, open_sessions(call));
  ERRAND_TRY_ASSIGN(const auto ids, ids_of(call, desk));
  const auto& output = call.options.output;
  if (output && is_directory(*output)) return export_to_directory(call, desk, ids, format);
  ERRAND_TRY_ASSIGN(const auto text, text_of_all(call, desk, ids, format));
  if (!output || *output == "-") return print_out(text);
  ERRAND_TRY(write_file_atomic(*output, text, private_file));
  return 0;
}

}  // namespace errand::cli
