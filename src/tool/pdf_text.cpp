#include "tool/pdf_text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::tool {

namespace {

constexpr std::uint64_t max_memory_bytes = std::uint64_t{1} << 30U;
constexpr int max_processes = 8;
constexpr std::size_t max_said_bytes = std::size_t{4} << 10U;
constexpr int exit_signalled = 128;  // and more: 128 + the signal

struct Said {
  std::string out;
  std::string err;
};

// What pdftotext prints of a page ends with a form feed.
std::string with_page_marks(std::string_view text) {
  std::vector<std::string_view> pages;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\f', at), text.size());
    pages.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (pages.size() == 1) return std::string(text::trim_end(pages.front()));
  std::string out;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    out += fmt::format("{}[page {}]\n{}", i == 0 ? "" : "\n\n", i + 1, text::trim_end(pages[i]));
  }
  return out;
}

bool has_text(std::string_view output) {
  return output.find_first_not_of(" \t\r\n\f") != std::string_view::npos;
}

// The system alone can be seen, and nothing be written to; a directory of it is where it runs.
sandbox::SandboxPolicy policy_for(const PdfReader& reader) {
  sandbox::SandboxPolicy out;
  out.readable = {reader.directory};
  out.memory_bytes = max_memory_bytes;
  out.processes = max_processes;
  out.cpu = reader.time;
  out.enforced = reader.confined;
  return out;
}

tl::unexpected<Error> unread(const std::string& name, std::string_view why, std::string hint = {}) {
  return fail(ErrorKind::failure, fmt::format("can't read the text of {}: {}", name, why), std::move(hint));
}

// Why there is no text, from the exit code that pdftotext's page tells of and from what it said.
Result<void> check_end(const Finished& finished, const Said& said, const std::string& name,
                       std::chrono::milliseconds time) {
  if (finished.end == ProcessEnd::timed_out) {
    return unread(name, fmt::format("it took longer than {}", format_duration(time)));
  }
  if (finished.end == ProcessEnd::output_limit) {
    return unread(name, fmt::format("it is longer than {} MiB", max_pdf_text_bytes >> 20U),
                  "give a part of it: pdftotext -f FIRST -l LAST writes the text of some pages");
  }
  if (finished.end != ProcessEnd::exited || finished.exit_code >= exit_signalled) {
    return unread(name, finished.note.empty() ? "pdftotext was killed" : finished.note);
  }
  if (finished.exit_code == exit_success) return {};
  if (said.err.find("Out of memory") != std::string::npos) {
    return unread(name, fmt::format("it needs more than {} MiB of memory", max_memory_bytes >> 20U));
  }
  if (said.err.find("Incorrect password") != std::string::npos) {
    return unread(name, "it is locked with a password", "remove it first: qpdf --decrypt --password=… IN OUT");
  }
  const auto first = text::trim(text::first_line(said.err));
  return unread(name, fmt::format("it is damaged, or no PDF ({})",
                                  first.empty() ? fmt::format("pdftotext ended with exit {}", finished.exit_code)
                                                : text::ellipsize(unicode::sanitize(first), 200)));
}

}  // namespace

Result<std::string> pdf_text(std::string_view bytes, const std::string& name, const PdfReader& reader,
                             const Call& call) {
  const auto program = join_path(reader.directory, "pdftotext");
  if (!is_regular_file(program)) {
    return unread(name, fmt::format("there is no {}", program),
                  "install poppler-utils, or ask a model that takes PDFs as they are");
  }
  ERRAND_TRY_ASSIGN(const auto file, memory_file(bytes));
  sandbox::Command command;
  command.argv = {program, "-enc", "UTF-8", "-layout", "-", "-"};
  command.cwd = reader.directory;
  command.merge_stderr = false;
  command.max_output_bytes = max_pdf_text_bytes;
  command.stdin_fd = file.get();
  Said said;
  const auto keep = [&](OutputStream stream, std::string_view piece) {
    if (stream == OutputStream::standard_output) said.out += piece;
    if (stream == OutputStream::standard_error && said.err.size() < max_said_bytes) said.err += piece;
  };
  auto finished = reader.sandbox.run(command, policy_for(reader), keep, call.within(reader.time));
  ERRAND_TRY(call.check());
  if (!finished) return fail(std::move(finished).error().within(fmt::format("while reading the text of {}", name)));
  ERRAND_TRY(check_end(*finished, said, name, reader.time));
  if (!has_text(said.out)) {
    return unread(name, "it has none, its pages are pictures",
                  "make it searchable (ocrmypdf IN OUT), or ask a model that takes PDFs as they are");
  }
  return unicode::sanitize(with_page_marks(said.out));
}

}  // namespace errand::tool
