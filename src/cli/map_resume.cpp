#include "cli/map_resume.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/record_reader.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_line_bytes = std::size_t{64} << 20U;

std::optional<std::size_t> index_of(const Json& line) {
  if (!line.is_object() || !line.contains("input")) return std::nullopt;
  const auto index = line.find("index");
  if (index == line.end() || !index->is_number_unsigned()) return std::nullopt;
  return index->get<std::size_t>();
}

RecordEnd end_of(const Json& line) {
  const auto says = [&](const char* key) { return line.contains(key) && line.at(key) == true; };
  if (says("unfinished")) return RecordEnd::unfinished;
  return says("is_error") ? RecordEnd::failed : RecordEnd::done;
}

}  // namespace

Result<EarlierOutput> EarlierOutput::read(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno(ErrorKind::failure, fmt::format("can't read {}", path), errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(ErrorKind::failure, fmt::format("can't go on from {}: it is no regular file", path));
  }
  EarlierOutput out(std::move(file));
  RecordReader lines(out.file_.get(), "\n", max_line_bytes);
  std::int64_t offset = 0;
  std::size_t passed_over = 0;
  while (true) {
    ERRAND_TRY_ASSIGN(const auto line, lines.next(Call{}));
    if (!line) break;
    const auto parsed = chat::parse_json(*line);
    const auto index = parsed ? index_of(*parsed) : std::nullopt;
    if (index) {
      out.places_[*index] = {offset, line->size()};
    } else if (++passed_over > 1) {
      return fail(ErrorKind::failure, fmt::format("{} is no output of errand map", path),
                  "each of its lines has an \"index\" and an \"input\"");
    }
    offset += static_cast<std::int64_t>(line->size()) + 1;
  }
  if (passed_over > 0 && out.places_.empty()) {
    return fail(ErrorKind::failure, fmt::format("{} is no output of errand map", path),
                "each of its lines has an \"index\" and an \"input\"");
  }
  return out;
}

std::optional<EarlierOutput::Line> EarlierOutput::find(std::size_t index, const Json& input) const {
  const auto place = places_.find(index);
  if (place == places_.end()) return std::nullopt;
  std::string text(place->second.bytes, '\0');
  const auto got = ::pread(file_.get(), text.data(), text.size(), place->second.offset);
  if (got < 0 || static_cast<std::size_t>(got) != text.size()) return std::nullopt;
  const auto line = chat::parse_json(text);
  if (!line || index_of(*line) != index || line->at("input") != input) return std::nullopt;
  return Line{std::move(text), end_of(*line)};
}

bool EarlierOutput::is_file_of(int fd) const {
  struct stat ours {};
  struct stat other {};
  return ::fstat(file_.get(), &ours) == 0 && ::fstat(fd, &other) == 0 && ours.st_dev == other.st_dev &&
         ours.st_ino == other.st_ino;
}

}  // namespace errand::cli
