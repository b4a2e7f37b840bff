#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "tool/arguments.hpp"
#include "tool/builtin.hpp"
#include "tool/file_kind.hpp"
#include "tool/files.hpp"
#include "tool/numbered_lines.hpp"

namespace errand::tool {

namespace {

constexpr std::uint64_t default_lines = 2000;

// What one call returns at most, so that the result never has to be cut in its middle: the model asks for the next
// part.
constexpr std::size_t max_text_bytes = 28'000;

// Lines behind the window are counted in this much of the file.
constexpr std::size_t max_counted_bytes = std::size_t{64} << 20U;

// The largest image the model APIs take is 5 MiB in base64.
constexpr std::size_t max_image_bytes = 3'900'000;
constexpr std::size_t max_pdf_bytes = 16U << 20U;

constexpr std::size_t piece_bytes = 65536;

const chat::ToolSpec read_spec{
    .name = "Read",
    .description =
        "Read a file: text as numbered lines (2000 by default; long files in parts with offset), images, PDF.",
    .input_schema =
        R"({"type":"object","properties":{"file_path":{"type":"string"},"offset":{"type":"integer","minimum":1,)"
        R"("description":"first line"},"limit":{"type":"integer","minimum":1,"description":"lines"}},)"
        R"("required":["file_path"],"additionalProperties":false})",
    .effect = chat::Effect::read,
    .parallel_safe = true,
};

// A file's text in pieces, as UTF-8 without a byte order mark.
class TextPieces {
 public:
  TextPieces(int fd, FileForm form) : fd_(fd) {
    if (form == FileForm::utf16_little || form == FileForm::utf16_big) decoder_.emplace(form);
  }

  // nullopt at the end.
  Result<std::optional<std::string>> next() {
    std::array<char, piece_bytes> buffer;
    ssize_t got = 0;
    do {
      got = ::read(fd_, buffer.data(), buffer.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail_errno(ErrorKind::failure, "can't read the file", errno);
    bytes_ += static_cast<std::size_t>(got);
    if (got == 0) return std::exchange(ended_, true) || !decoder_ ? std::nullopt : std::optional(decoder_->finish());
    std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (bytes_ == piece.size() && piece.starts_with(byte_order_mark)) piece.remove_prefix(byte_order_mark.size());
    return decoder_ ? decoder_->feed(piece) : std::string(piece);
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  int fd_;
  std::optional<Utf16Decoder> decoder_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
};

struct Reading {
  NumberedLines lines;
  bool to_the_end = true;  // every line was counted
};

Result<Reading> read_lines(int fd, FileForm form, const NumberedLines::Window& window, const Call& call) {
  Reading out{NumberedLines(window)};
  TextPieces pieces(fd, form);
  std::size_t full_at = 0;
  while (true) {
    ERRAND_TRY(call.check());
    ERRAND_TRY_ASSIGN(const auto piece, pieces.next());
    if (!piece) break;
    out.lines.feed(*piece);
    if (!out.lines.full()) continue;
    if (full_at == 0) full_at = pieces.bytes();
    out.to_the_end = pieces.bytes() - full_at <= max_counted_bytes;
    if (!out.to_the_end) return out;
  }
  out.lines.finish();
  return out;
}

std::string note_on(const Reading& reading, std::uint64_t first, FileForm form) {
  const auto& lines = reading.lines;
  std::string out;
  const auto next = first + lines.kept();
  if (!reading.to_the_end) {
    out = fmt::format("[lines {}-{} of more than {}; go on with offset={}]\n", first, next - 1, lines.seen(), next);
  } else if (next <= lines.seen()) {
    out = fmt::format("[lines {}-{} of {}; go on with offset={}]\n", first, next - 1, lines.seen(), next);
  }
  if (form != FileForm::text) out += "[the file is UTF-16, shown as UTF-8]\n";
  return out;
}

// The start of the file; it is read again from there.
Result<std::string> read_head(int fd) {
  std::string head(kind_bytes, '\0');
  ssize_t got = 0;
  do {
    got = ::pread(fd, head.data(), head.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail_errno(ErrorKind::failure, "can't read the file", errno);
  head.resize(static_cast<std::size_t>(got));
  return head;
}

class ReadTool final : public Tool {
 public:
  [[nodiscard]] const chat::ToolSpec& spec() const override { return read_spec; }

  [[nodiscard]] std::vector<Target> targets(const Json& input) const override {
    return {{string_at(input, "file_path"), false}};
  }

  [[nodiscard]] std::string summary(const Json& input) const override {
    const auto offset = integer_at(input, "offset", 1);
    const auto limit = integer_at(input, "limit", 0);
    auto out = fmt::format("Read {}", brief_at(input, "file_path"));
    if (limit > 0) return out + fmt::format(" (lines {}-{})", offset, offset + limit - 1);
    return offset > 1 ? out + fmt::format(" (from line {})", offset) : out;
  }

  Result<Output> run(const Json& input, const Context& context, const Call& call) override {
    const auto& file = context.targets.at(0);
    ERRAND_TRY_ASSIGN(const auto opened, context.files.open_file(file, context.leave));
    ERRAND_TRY_ASSIGN(const auto head, read_head(opened.fd.get()));
    const auto kind = kind_of(head);
    auto output = kind.form == FileForm::image || kind.form == FileForm::pdf
                      ? read_block(context, file, opened, kind)
                      : read_text(input, context, file, opened, kind, call);
    if (output && !output->is_error) remember_seen(context.state, file.path, opened.info);
    return output;
  }

 private:
  static Result<Output> read_text(const Json& input, const Context& context, const sandbox::Resolved& file,
                                  const sandbox::OpenedFile& opened, const FileKind& kind, const Call& call) {
    const auto shown = shown_path(context, file.path);
    if (kind.form == FileForm::binary) {
      return fail(ErrorKind::failure,
                  fmt::format("\"{}\" is {} ({} bytes), not text", shown, kind.name, opened.info.st_size));
    }
    const auto first = static_cast<std::uint64_t>(integer_at(input, "offset", 1));
    const auto limit = static_cast<std::uint64_t>(integer_at(input, "limit", default_lines));
    ERRAND_TRY_ASSIGN(const auto reading, read_lines(opened.fd.get(), kind.form, {first, limit, max_text_bytes}, call));
    if (reading.lines.seen() == 0) return text_output(fmt::format("[the file \"{}\" is empty]", shown));
    if (reading.lines.kept() == 0) {
      return fail(ErrorKind::failure, fmt::format("\"{}\" has {}; offset {} is behind its end", shown,
                                                  text::count_of(reading.lines.seen(), "line"), first));
    }
    return text_output(reading.lines.text() + note_on(reading, first, kind.form));
  }

  static Result<Output> read_block(const Context& context, const sandbox::Resolved& file,
                                   const sandbox::OpenedFile& opened, const FileKind& kind) {
    const auto most = kind.form == FileForm::pdf ? max_pdf_bytes : max_image_bytes;
    auto bytes = read_all(opened.fd.get(), most);
    if (!bytes && bytes.error().kind == ErrorKind::limit) {
      return fail(ErrorKind::failure,
                  fmt::format("\"{}\" ({}) has {} bytes; at most {} can be shown: make it smaller with a program",
                              shown_path(context, file.path), kind.name, opened.info.st_size, most));
    }
    if (!bytes) return fail(std::move(bytes).error());
    Output out;
    if (kind.form == FileForm::pdf) {
      out.content.emplace_back(
          chat::Document{std::string(kind.name), file_name(shown_path(context, file.path)), *std::move(bytes)});
    } else {
      out.content.emplace_back(chat::Image{std::string(kind.name), *std::move(bytes)});
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<Tool> make_read() {
  return std::make_unique<ReadTool>();
}

}  // namespace errand::tool
