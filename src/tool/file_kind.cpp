#include "tool/file_kind.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/unicode.hpp"

namespace errand::tool {

namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t at;
  std::string_view bytes;
  FileKind kind;
};

// Longer ones before shorter ones that begin alike.
constexpr std::array signatures = {
    Signature{0, "\x89PNG\r\n\x1a\n"sv, {FileForm::image, "image/png"}},
    Signature{0, "\xFF\xD8\xFF"sv, {FileForm::image, "image/jpeg"}},
    Signature{0, "GIF87a"sv, {FileForm::image, "image/gif"}},
    Signature{0, "GIF89a"sv, {FileForm::image, "image/gif"}},
    Signature{8, "WEBPVP8"sv, {FileForm::image, "image/webp"}},
    Signature{0, "%PDF-"sv, {FileForm::pdf, "application/pdf"}},
    Signature{0,
              "\x7F"
              "ELF"sv,
              {FileForm::binary, "an ELF program or library"}},
    Signature{0, "MZ"sv, {FileForm::binary, "a Windows program or library"}},
    Signature{0, "\xCF\xFA\xED\xFE"sv, {FileForm::binary, "a Mach-O program or library"}},
    Signature{0, "\xCA\xFE\xBA\xBE"sv, {FileForm::binary, "a Java class or Mach-O file"}},
    Signature{0, "\0asm"sv, {FileForm::binary, "a WebAssembly module"}},
    Signature{0, "!<arch>\n"sv, {FileForm::binary, "a static library or Debian package"}},
    Signature{0, "PK\x03\x04"sv, {FileForm::binary, "a zip archive (or a document or package that is one)"}},
    Signature{0, "PK\x05\x06"sv, {FileForm::binary, "an empty zip archive"}},
    Signature{0, "\x1F\x8B"sv, {FileForm::binary, "gzip data"}},
    Signature{0, "BZh"sv, {FileForm::binary, "bzip2 data"}},
    Signature{0,
              "\xFD"
              "7zXZ\0"sv,
              {FileForm::binary, "xz data"}},
    Signature{0, "\x28\xB5\x2F\xFD"sv, {FileForm::binary, "zstd data"}},
    Signature{0, "7z\xBC\xAF\x27\x1C"sv, {FileForm::binary, "a 7z archive"}},
    Signature{0, "Rar!\x1A\x07"sv, {FileForm::binary, "a rar archive"}},
    Signature{257, "ustar"sv, {FileForm::binary, "a tar archive"}},
    Signature{0, "SQLite format 3\0"sv, {FileForm::binary, "a SQLite database"}},
    Signature{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, {FileForm::binary, "an older Microsoft Office document"}},
    Signature{0, "OggS"sv, {FileForm::binary, "Ogg audio or video"}},
    Signature{0, "fLaC"sv, {FileForm::binary, "FLAC audio"}},
    Signature{0, "ID3"sv, {FileForm::binary, "MP3 audio"}},
    Signature{8, "WAVE"sv, {FileForm::binary, "WAV audio"}},
    Signature{8, "AVI "sv, {FileForm::binary, "AVI video"}},
    Signature{4, "ftyp"sv, {FileForm::binary, "MP4 or QuickTime media"}},
    Signature{0, "\x1A\x45\xDF\xA3"sv, {FileForm::binary, "Matroska or WebM video"}},
    Signature{0, "wOFF"sv, {FileForm::binary, "a font"}},
    Signature{0, "wOF2"sv, {FileForm::binary, "a font"}},
    Signature{0, "\0\1\0\0\0"sv, {FileForm::binary, "a font"}},
    Signature{0, "II*\0"sv, {FileForm::binary, "a TIFF image"}},
    Signature{0, "MM\0*"sv, {FileForm::binary, "a TIFF image"}},
    Signature{0, "\0\0\1\0"sv, {FileForm::binary, "a Windows icon"}},
    Signature{0, "\xFF\xFE"sv, {FileForm::utf16_little, ""}},
    Signature{0, "\xFE\xFF"sv, {FileForm::utf16_big, ""}},
};

// These start like words: they count only when the rest is no text.
constexpr bool looks_like_text(std::string_view signature) {
  return std::ranges::all_of(signature, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_high(char16_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

bool is_low(char16_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

constexpr char32_t replacement = 0xFFFD;

}  // namespace

FileKind kind_of(std::string_view head) {
  const auto looked_at = head.substr(0, kind_bytes);
  const bool has_nul = looked_at.find('\0') != std::string_view::npos;
  for (const auto& signature : signatures) {
    if (looked_at.size() < signature.at + signature.bytes.size()) continue;
    if (looked_at.substr(signature.at, signature.bytes.size()) != signature.bytes) continue;
    const bool sure = has_nul || !looks_like_text(signature.bytes) || signature.kind.form == FileForm::pdf;
    if (sure) return signature.kind;
  }
  if (has_nul) return {FileForm::binary, "binary data"};
  return {};
}

std::string Utf16Decoder::feed(std::string_view bytes) {
  std::string out;
  const auto joined = odd_byte_ + std::string(bytes);
  const auto whole = joined.size() - joined.size() % 2;
  for (std::size_t i = 0; i < whole; i += 2) {
    const auto first = static_cast<unsigned char>(joined[i]);
    const auto second = static_cast<unsigned char>(joined[i + 1]);
    take(static_cast<char16_t>(big_endian_ ? first << 8U | second : second << 8U | first), out);
  }
  odd_byte_ = joined.substr(whole);
  return out;
}

void Utf16Decoder::take(char16_t unit, std::string& out) {
  constexpr char16_t byte_order_mark = 0xFEFF;
  if (std::exchange(at_start_, false) && unit == byte_order_mark) return;
  if (high_ != 0) {
    const auto high = std::exchange(high_, char16_t{0});
    if (is_low(unit)) {
      unicode::append_utf8(out, 0x10000U + ((high - 0xD800U) << 10U) + (unit - 0xDC00U));
      return;
    }
    unicode::append_utf8(out, replacement);
  }
  if (is_high(unit)) {
    high_ = unit;
  } else {
    unicode::append_utf8(out, is_low(unit) ? replacement : unit);
  }
}

std::string Utf16Decoder::finish() {
  std::string out;
  if (high_ != 0 || !odd_byte_.empty()) unicode::append_utf8(out, replacement);
  high_ = 0;
  odd_byte_.clear();
  return out;
}

}  // namespace errand::tool
