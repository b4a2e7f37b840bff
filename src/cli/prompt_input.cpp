#include "cli/prompt_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/documents.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/named_file.hpp"
#include "base/record_reader.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/at_files.hpp"
#include "tool/file_kind.hpp"

namespace errand::cli {

namespace {

enum class FirstByte { wait_for_it, limited };

bool is_text(std::string_view bytes) {
  return bytes.find('\0') == std::string_view::npos && unicode::is_valid_utf8(bytes);
}

tool::FileKind kind_of(std::string_view bytes) {
  return tool::kind_of(bytes.substr(0, tool::kind_bytes));
}

// What is no text, for people.
std::string name_of(std::string_view bytes) {
  const auto kind = kind_of(bytes);
  if (!kind.name.empty()) return std::string(kind.name);
  return kind.form == tool::FileForm::binary ? "binary data" : "text in another encoding than UTF-8";
}

// What can be done about bytes that are no text; `for_media` where they are an image or PDF.
std::string way_out_for(std::string_view bytes, std::string_view for_media) {
  const auto kind = kind_of(bytes);
  if (kind.form == tool::FileForm::image || kind.form == tool::FileForm::pdf) return std::string(for_media);
  if (kind.name.empty() && kind.form != tool::FileForm::binary)
    return "convert it to UTF-8: iconv -f ENCODING -t UTF-8, with ENCODING as LATIN1 or UTF-16";
  return "a model takes text, PNG, JPEG, GIF, WebP and PDF; of other files give it the text";
}

// A terminal or /dev/null has nothing to give; a pipe, a socket or a file may.
bool may_hold_input(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return false;
  return S_ISFIFO(info.st_mode) || S_ISREG(info.st_mode) || S_ISSOCK(info.st_mode);
}

tl::unexpected<Error> silent_pipe() {
  return fail(ErrorKind::usage, fmt::format("stdin is a pipe that sent nothing for {} s", first_byte_limit.count()),
              "give -f - to wait for it, or </dev/null when there is no input");
}

// A pipe that stays silent beside a prompt would hang a script for ever.
Result<void> wait_for_stdin(FirstByte first_byte, const Call& call) {
  if (first_byte == FirstByte::wait_for_it) return wait_readable(STDIN_FILENO, call);
  auto waited = wait_readable(STDIN_FILENO, call.within(first_byte_limit));
  if (waited || !call.check()) return waited;
  return silent_pipe();
}

Result<std::string> read_stdin(FirstByte first_byte, const Call& call) {
  std::string out;
  std::array<char, 65536> buffer{};
  while (true) {
    ERRAND_TRY(wait_for_stdin(out.empty() ? first_byte : FirstByte::wait_for_it, call));
    const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail_errno(ErrorKind::failure, "can't read stdin", errno);
    if (got == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.size() > max_file_bytes) {
      return fail(ErrorKind::usage, fmt::format("stdin holds more than {} MiB", max_file_bytes >> 20U),
                  "save it as a file in the workspace and name that in the prompt");
    }
  }
}

Result<std::string> read_text_stdin(FirstByte first_byte, const Call& call) {
  ERRAND_TRY_ASSIGN(auto input, read_stdin(first_byte, call));
  if (is_text(input)) return input;
  return fail(ErrorKind::usage, fmt::format("stdin can't be read as text: it is {}", name_of(input)),
              way_out_for(input, "attach it with -f -"));
}

// `bytes` where they are an image, a PDF or text, which goes through `as_text`. `shown` names them to the person,
// `name` to the model.
template <class AsText>
Result<chat::UserBlock> block_of(std::string bytes, std::string_view shown, std::string name, const AsText& as_text) {
  const auto kind = kind_of(bytes);
  const bool is_media = kind.form == tool::FileForm::image || kind.form == tool::FileForm::pdf;
  if (is_media && bytes.size() > max_input_bytes) {
    return fail(ErrorKind::usage, fmt::format("{} holds more than {} MiB", shown, max_input_bytes >> 20U),
                "no model takes an image or PDF of that size");
  }
  if (kind.form == tool::FileForm::image) return chat::Image{std::string(kind.name), std::move(bytes)};
  if (kind.form == tool::FileForm::pdf)
    return chat::Document{std::string(kind.name), std::move(name), std::move(bytes)};
  if (is_text(bytes)) return chat::Text{as_text(bytes)};
  return fail(ErrorKind::usage, fmt::format("{} is {}, which can't be attached", shown, name_of(bytes)),
              way_out_for(bytes, ""));
}

Result<chat::UserBlock> file_block(const std::string& path, const Call& call) {
  ERRAND_TRY_ASSIGN(auto bytes, read_named_file(with_home(path), call));
  return block_of(std::move(bytes), path, file_name(path), [&](const std::string& text) {
    return fmt::format("<file path=\"{}\">\n{}\n</file>", agent::in_quotes(path), text);
  });
}

Result<chat::UserBlock> stdin_file_block(const Call& call) {
  ERRAND_TRY_ASSIGN(auto bytes, read_stdin(FirstByte::wait_for_it, call));
  return block_of(std::move(bytes), "stdin", "stdin.pdf", stdin_block);
}

bool wants_stdin(const PromptParts& parts) {
  return std::ranges::find(parts.files, "-") != parts.files.end();
}

// Words, then what stdin holds; or stdin alone; or the agent's own prompt.
Result<chat::UserMessage> prompt_text(const PromptParts& parts, const Call& call) {
  const auto words = text::join(parts.words, " ");
  const bool piped = parts.stdin_is == StdinIs::input && may_hold_input(STDIN_FILENO);
  if (!parts.words.empty()) {
    ERRAND_TRY_ASSIGN(auto message, message_of(words, AtPaths::attach, call));
    if (!piped || wants_stdin(parts)) return message;
    ERRAND_TRY_ASSIGN(const auto input, read_text_stdin(FirstByte::limited, call));
    if (!input.empty()) message.content.insert(message.content.begin() + 1, chat::Text{stdin_block(input)});
    return message;
  }
  if (piped && !wants_stdin(parts)) {
    ERRAND_TRY_ASSIGN(auto input, read_text_stdin(FirstByte::wait_for_it, call));
    if (!text::trim(input).empty()) return chat::UserMessage{{chat::Text{std::move(input)}}};
  }
  if (parts.agent_prompt.empty()) return chat::UserMessage{};
  return chat::UserMessage{{chat::Text{parts.agent_prompt}}};
}

bool is_blank(const chat::UserMessage& message) {
  return message.content.size() == 1 && std::holds_alternative<chat::Text>(message.content.front()) &&
         text::trim(std::get<chat::Text>(message.content.front()).text).empty();
}

}  // namespace

std::string stdin_block(const std::string& input) {
  return fmt::format("<stdin>\n{}\n</stdin>", input);
}

Result<chat::UserMessage> message_of(const std::string& text, AtPaths at_paths, const Call& call) {
  chat::UserMessage message{{chat::Text{text}}};
  if (at_paths == AtPaths::plain_text) return message;
  for (const auto& word : at_words(text)) {
    if (word.names != AtWord::Names::file) continue;
    ERRAND_TRY_ASSIGN(auto block, file_block(word.path, call));
    message.content.push_back(std::move(block));
  }
  return message;
}

Result<chat::UserMessage> read_prompt(const PromptParts& parts, const Call& call) {
  if (parts.stdin_is == StdinIs::lines && wants_stdin(parts)) {
    return fail(ErrorKind::usage, "\"-\" can't be attached: stdin is where this chat's prompts come from",
                "attach a file, or pipe into errand run");
  }
  ERRAND_TRY_ASSIGN(auto message, prompt_text(parts, call));
  for (const auto& path : parts.files) {
    ERRAND_TRY_ASSIGN(auto block, path == "-" ? stdin_file_block(call) : file_block(path, call));
    message.content.push_back(std::move(block));
  }
  if (message.content.empty() || is_blank(message)) {
    return fail(ErrorKind::usage, "there is no prompt",
                "give it as words, on stdin, or as \"prompt\" of the agent in agents.yaml");
  }
  return message;
}

}  // namespace errand::cli
